using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Gather</c>: slices of data along <c>axis</c>, by indices of any shape; a negative index counts from the back.</summary>
/// <remarks>Constant data is an embedding: a row for each token.</remarks>
internal sealed class Gather : Operator
{
    public override string WhyWhole => "looks it up by index";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (data, indices) = (inputs[0]!, inputs[1]!);
        var axis = node.Axis("axis", 0, data.dim());
        var shape = data.shape;
        var places = node.Places(indices.reshape(-1), shape[axis]);
        return [data.index_select(axis, places).reshape([.. shape[..axis], .. indices.shape, .. shape[(axis + 1)..]])];
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(0, LearnedKind.Embedding)];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (data, indices, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        var (rank, more) = (shapes[data].Length, shapes[indices].Length);
        var gathered = node.Axis("axis", 0, rank);
        for (var axis = 0; axis < rank; axis++)
            if (axis != gathered) ties.Add(new(data, axis), new(y, axis < gathered ? axis : axis + more - 1));
        if (more == 1 && Stretches(node, shapes) is { } stretches) ties.AddPart(new(y, gathered), new(data, gathered), stretches);
        else
        {
            if (more == 0 && ties.IsConstant(indices)) ties.Block([new Axis(data, gathered)], Pin.Number); // one of several parts
            else ties.Block(new Axis(data, gathered));
            for (var axis = 0; axis < more; axis++) ties.Add(new(indices, axis), new(y, gathered + axis));
        }
    }

    public override IEnumerable<int> Sizes(Node node) => [1];

    public override void Mend(Node node, Mending mending)
    {
        var (data, y) = (node.Inputs[0], node.Outputs[0]);
        var gathered = node.Axis("axis", 0, mending.Before(data).Length);
        if (!mending.Shrinks(new(data, gathered)) || mending.NumbersBefore(1) is not { } places) return;
        var size = mending.Before(data)[gathered];
        mending.Want(1, [.. places.Select(place => place < 0 ? place + size : place).Where((_, index) => mending.Stays(new(y, gathered), index)).Select(place => mending.Kept(new(data, gathered), place))]);
    }

    private static List<(long Start, long Length)>? Stretches(Node node, Shapes shapes) =>
        shapes.Integers(node.Inputs[1]) is { Length: > 1 } places ? Runs(places, shapes[node.Inputs[0]][node.Axis("axis", 0, shapes[node.Inputs[0]].Length)]) : null;

    /// <summary>Places along an axis as runs that rise by one, each place once; null where there are more than a few.</summary>
    internal static List<(long Start, long Length)>? Runs(long[] places, long size)
    {
        const int Most = 16;
        places = Array.ConvertAll(places, place => place < 0 ? place + size : place);
        if (places.Distinct().Count() < places.Length) return null;
        List<(long Start, long Length)> runs = [];
        foreach (var place in places)
        {
            if (runs.Count > 0 && runs[^1].Start + runs[^1].Length == place) runs[^1] = runs[^1] with { Length = runs[^1].Length + 1 };
            else runs.Add((place, 1));
        }
        return runs.Count <= Most ? runs : null;
    }
}
