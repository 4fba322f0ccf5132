using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>GatherND</c>: slices of data by tuples of places, the last axis of indices [batch…, more…, k]; the first
/// <c>batch_dims</c> axes of both go together.
/// </summary>
internal sealed class GatherND : Operator
{
    public override string WhyWhole => "looks it up by index";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (data, indices) = (inputs[0]!, inputs[1]!);
        var (shape, places, batch) = (data.shape, indices.shape, (int)node.Int("batch_dims"));
        var k = places.Length > 0 ? (int)places[^1] : 0;
        if (k < 1 || batch < 0 || batch >= places.Length || batch + k > shape.Length || !places.AsSpan(0, batch).SequenceEqual(shape.AsSpan(0, batch)))
            throw node.Error($"cannot look up [{string.Join(", ", places)}] in [{string.Join(", ", shape)}] over {batch} batch axes; check the data's shape");
        var batches = places[..batch].Product();
        var flat = node.FlatPlaces(indices.reshape(batches, -1, k), shape[batch..(batch + k)]); // [batches, tuples]
        var rows = shape[batch..(batch + k)].Product();
        flat += arange(batches, ScalarType.Int64).reshape(-1, 1) * rows;
        var slices = data.reshape([batches * rows, .. shape[(batch + k)..]]);
        return [slices.index_select(0, flat.reshape(-1)).reshape([.. places[..^1], .. shape[(batch + k)..]])];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (data, indices, y, batch) = (node.Inputs[0], node.Inputs[1], node.Outputs[0], (int)node.Int("batch_dims"));
        var (rank, last) = (shapes[data].Length, shapes[indices].Length - 1);
        var k = (int)shapes[indices][last];
        for (var axis = 0; axis < last; axis++) ties.Add(new(indices, axis), new(y, axis));
        for (var axis = 0; axis < rank; axis++)
        {
            if (axis < batch) ties.Add(new(data, axis), new(y, axis));
            else if (axis < batch + k) ties.Block(new Axis(data, axis));
            else ties.Add(new(data, axis), new(y, last + axis - batch - k));
        }
        ties.Block(new Axis(indices, last));
    }
}
