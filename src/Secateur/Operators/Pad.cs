using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Pad</c>: X with elements before and after each axis: a constant (0 unless given), or X's own by <c>mode</c> reflect, edge
/// or wrap; negative counts crop.
/// </summary>
/// <remarks>Counts and constant are attributes before operator set 11, inputs since; operator set 18 adds <c>axes</c>.</remarks>
internal sealed class Pad : Operator
{
    public override string WhyWhole => "pads it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var pads = node.Ints("pads", inputs, 1) ?? throw node.Error("its pads are missing; export the model again");
        var (begin, end) = Counts(node, pads, inputs.Length > 3 && inputs[3] is { } axes ? node.Ints(axes) : null, x.dim());
        node.Affordable([.. x.shape.Select((size, axis) => size + begin[axis] + end[axis])], x.numel());
        if (node.Text("mode", "constant") == "constant")
        {
            var value = inputs.Length > 2 && inputs[2] is { } given ? given.to(ScalarType.Float64).item<double>() : node.Float("value");
            long[] torch = [.. begin.Zip(end).Reverse().SelectMany(pair => new[] { pair.First, pair.Second })];
            return [nn.functional.pad(x, torch, TorchSharp.PaddingModes.Constant, value)];
        }
        for (var axis = 0; axis < begin.Length; axis++)
            if (begin[axis] != 0 || end[axis] != 0) x = x.index_select(axis, Sources(node, x.shape[axis], begin[axis], end[axis]));
        return [ReferenceEquals(x, inputs[0]) ? x.alias() : x];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        if (node.Ints("pads", shapes, 1) is not { } pads || (node.HasInput(3) && shapes.Integers(node.Inputs[3]) is null))
        {
            // what the data decides are pads of pictures: an axis of the same size has none
            for (var axis = 0; axis < shapes[x].Length; axis++)
                if (shapes[x][axis] == shapes[y][axis]) ties.Add(new(x, axis), new(y, axis));
            return;
        }
        var (begin, end) = Counts(node, pads, node.HasInput(3) ? shapes.Integers(node.Inputs[3]) : null, shapes[x].Length);
        for (var axis = 0; axis < begin.Length; axis++)
        {
            if (begin[axis] == 0 && end[axis] == 0)
            {
                ties.Add(new(x, axis), new(y, axis));
                continue;
            }
            if (begin[axis] < 0 || end[axis] < 0 || node.Text("mode", "constant") != "constant") foreach (var tensor in (string[])[x, y]) ties.Block(new Axis(tensor, axis));
            else ties.AddPadded(new(y, axis), begin[axis], new(x, axis), end[axis]);
        }
    }

    private static (long[] Begin, long[] End) Counts(Node node, long[] pads, long[]? named, long rank)
    {
        var axes = named ?? [.. Enumerable.Range(0, (int)rank)];
        if (pads.Length != 2 * axes.Length)
            throw node.Error($"has {pads.Length} pads for {axes.Length} axes, two an axis are needed; check the data's shape against the model's inputs");
        var (begin, end) = (new long[rank], new long[rank]);
        foreach (var (index, axis) in axes.Index())
            (begin[node.Axis(axis, rank)], end[node.Axis(axis, rank)]) = (pads[index], pads[axes.Length + index]);
        return (begin, end);
    }

    /// <summary>Which element of an axis each place of the padded axis shows.</summary>
    private static Tensor Sources(Node node, long size, long begin, long end)
    {
        if (size == 0 || size + begin + end < 0) throw node.Error($"cannot pad an axis of size {size} by {begin} and {end}; check the data's shape");
        Func<long, long> source = node.Text("mode") switch
        {
            "edge" => place => Math.Clamp(place, 0, size - 1),
            "wrap" => place => Modulo(place, size),
            "reflect" => place => size == 1 ? 0 : size - 1 - Math.Abs(size - 1 - Modulo(place, 2 * size - 2)),
            var other => throw node.Error($"attribute mode is '{other}'; constant, reflect, edge and wrap are known"),
        };
        var sources = new long[size + begin + end];
        for (var i = 0; i < sources.Length; i++) sources[i] = source(i - begin);
        return tensor(sources);
    }

    private static long Modulo(long place, long size) => (place % size + size) % size;
}
