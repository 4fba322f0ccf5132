using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>ScatterElements</c>, and <c>Scatter</c> as it was called before operator set 11: data, with each element of the updates
/// written to its own place but along <c>axis</c>, where the indices, of the updates' shape, say it.
/// </summary>
internal sealed class ScatterElements : Scattering
{
    protected override (Tensor Rows, long Width) Places(Node node, long[] data, Tensor indices, long[] updates)
    {
        var (axis, sizes) = (node.Axis("axis", 0, data.Length), indices.shape);
        if (!sizes.AsSpan().SequenceEqual(updates) || sizes.Length != data.Length || sizes.Index().Any(size => size.Index != axis && size.Item > data[size.Index]))
            throw node.Error($"cannot write updates [{string.Join(", ", updates)}] by indices [{string.Join(", ", sizes)}] into [{string.Join(", ", data)}]; check the data's shape");
        var rows = zeros(sizes, ScalarType.Int64);
        for (var d = 0; d < data.Length; d++)
        {
            using var scope = NewDisposeScope(); // a place for each element is larger than the updates
            var place = d == axis ? node.Places(indices, data[d])
                : arange(sizes[d], ScalarType.Int64).reshape([-1, .. Enumerable.Repeat(1L, data.Length - 1 - d)]);
            rows.mul_(data[d]).add_(place);
        }
        return (rows, 1);
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (data, indices, updates, y) = (node.Inputs[0], node.Inputs[1], node.Inputs[2], node.Outputs[0]);
        var written = node.Axis("axis", 0, shapes[data].Length);
        for (var axis = 0; axis < shapes[data].Length; axis++)
        {
            ties.Add(new(data, axis), new(y, axis));
            if (axis != written && shapes[indices][axis] == shapes[data][axis])
            {
                ties.Add(new(indices, axis), new(y, axis));
                ties.Add(new(updates, axis), new(y, axis));
            }
            else foreach (var tensor in (string[])[data, indices, updates]) ties.Block(new Axis(tensor, axis));
        }
    }
}
