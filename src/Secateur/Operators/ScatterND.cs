using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>ScatterND</c>: data, with each slice of the updates [any…, slice…] written where a tuple of places, the last axis of indices
/// [any…, k], says it.
/// </summary>
internal sealed class ScatterND : Scattering
{
    protected override (Tensor Rows, long Width) Places(Node node, long[] data, Tensor indices, long[] updates)
    {
        var sizes = indices.shape;
        var k = sizes.Length > 0 ? (int)sizes[^1] : 0;
        if (k < 1 || k > data.Length || !updates.AsSpan().SequenceEqual([.. sizes[..^1], .. data[k..]]))
            throw node.Error($"cannot write updates [{string.Join(", ", updates)}] by indices [{string.Join(", ", sizes)}] into [{string.Join(", ", data)}]; check the data's shape");
        return (node.FlatPlaces(indices, data[..k]), data[k..].Product());
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (data, indices, updates, y) = (node.Inputs[0], node.Inputs[1], node.Inputs[2], node.Outputs[0]);
        var any = shapes[indices].Length - 1;
        var k = (int)shapes[indices][any];
        if (k == 1 && any == 1 && shapes.Integers(indices) is { Length: > 0 } places && Gather.Runs(places, shapes[data][0]) is { } runs)
        {
            // constant rows, such as a bias of which a part is set to zero
            ties.AddAll(data, y);
            ties.AddPart(new(updates, 0), new(y, 0), runs);
            ties.Add(new(indices, 0), new(updates, 0));
            for (var axis = 1; axis < shapes[data].Length; axis++) ties.Add(new(updates, axis), new(y, axis));
            return;
        }
        for (var axis = 0; axis < shapes[data].Length; axis++)
        {
            ties.Add(new(data, axis), new(y, axis));
            if (axis < k) ties.Block(new Axis(y, axis));
            else ties.Add(new(updates, any + axis - k), new(y, axis));
        }
        for (var axis = 0; axis < any; axis++) ties.Block(new Axis(updates, axis));
        for (var axis = 0; axis <= any; axis++) ties.Block(new Axis(indices, axis));
    }

    public override IEnumerable<int> Sizes(Node node) => [1];

    public override void Mend(Node node, Mending mending)
    {
        var (data, indices) = (new Axis(node.Inputs[0], 0), node.Inputs[1]);
        if (!mending.Shrinks(data) || mending.NumbersBefore(1) is not { } places) return;
        var size = mending.Before(node.Inputs[0])[0];
        mending.Want(1, [.. places.Where((_, row) => mending.Stays(new(indices, 0), row)).Select(place => mending.Kept(data, place < 0 ? place + size : place))]);
    }
}
