using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Structure.Embedding;

/// <summary>Nodes that move, choose or average along other axes and leave the feature axis whole: linear, and a value that is the same everywhere stays it.</summary>
internal static class Passing
{
    /// <summary>By axis of the outputs, the input's axis that is found there as it was; -1 for the others. Null for a node that is none of these.</summary>
    public static int[]? Axes(GraphView view, Node node)
    {
        if (node.Domain.Length > 0 || node.Inputs.Length == 0 || view.Shape(node.Inputs[0]) is not { } x || node.Outputs is not [{ Length: > 0 } y, ..] || view.Shape(y) is null) return null;
        var same = Enumerable.Range(0, x.Length).ToArray();
        switch (node.OpType)
        {
            case "Identity":
            case "Dropout" when node.Outputs.Skip(1).All(name => name.Length == 0):
            case "Cast" when TorchTensors.IsLearnable((DataType)node.Int("to")):
                return same;
            case "Transpose":
                return [.. Operators.Transpose.Permutation(node, x.Length).Select(axis => (int)axis)];
            case "Reshape" or "Expand" when view.Settings.Any(setting => setting.Sizes.Integers(node.Inputs[1]) is null): // the data has a say in it
                return null;
            case "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze":
                return Relaid(view, node.Inputs[0], y);
            case "Expand":
                var more = view.Rank(y) - x.Length;
                return [.. Enumerable.Range(0, view.Rank(y)).Select(axis => axis >= more && view.Settings.All(setting => setting.Shapes[y][axis] == setting.Shapes[node.Inputs[0]][axis - more]) ? axis - more : -1)];
            case "Slice":
                var cut = node.Opset < 10 ? node.Ints("axes") : node.HasInput(3) ? view.Integers(node.Inputs[3]) : [.. same.Select(axis => (long)axis)];
                return cut is null ? null : Without(same, cut);
            case "Split":
                return Without(same, [node.Int("axis")]);
            case "Concat":
                return Without(same, [node.Int("axis")]);
            case "Gather":
                var chosen = Axis(node.Int("axis"), x.Length);
                return [.. same[..chosen], .. Enumerable.Repeat(-1, view.Rank(node.Inputs[1])), .. same[(chosen + 1)..]];
            case "ReduceMean":
                var mean = node.Opset < 18 ? node.Ints("axes") : node.HasInput(1) ? view.Integers(node.Inputs[1]) : null;
                if (mean is null) return null;
                var rest = Without(same, mean);
                return node.Flag("keepdims", true) ? rest : [.. rest.Where(axis => axis >= 0)];
            default:
                return null;
        }
    }

    /// <summary>Where an axis of the input is found in the outputs; -1 where it is not.</summary>
    public static int After(GraphView view, Node node, int axis) => Axes(view, node) is { } axes ? Array.IndexOf(axes, axis) : -1;

    /// <summary>Which axis of the input is found on an axis of the outputs; -1 where none is.</summary>
    public static int Before(GraphView view, Node node, int axis) => Axes(view, node) is { } axes && axis < axes.Length ? axes[axis] : -1;

    private static int[] Without(int[] same, IEnumerable<long> axes)
    {
        var gone = axes.Select(axis => Axis(axis, same.Length)).ToHashSet();
        return [.. same.Select(axis => gone.Contains(axis) ? -1 : axis)];
    }

    private static int Axis(long axis, int rank) => (int)(axis < 0 ? axis + rank : axis);

    /// <summary>An axis stays where it is as long and so are, in all, those after it.</summary>
    private static int[] Relaid(GraphView view, string from, string to)
    {
        var axes = new int[view.Rank(to)];
        for (var axis = 0; axis < axes.Length; axis++)
        {
            axes[axis] = -1;
            for (var before = 0; before < view.Rank(from); before++)
                if (view.Settings.All(setting => setting.Shapes[from] is var x && setting.Shapes[to] is var y && x[before] == y[axis] && x[before] > 1 && After(x, before) == After(y, axis))) axes[axis] = before;
        }
        return axes;

        static long After(ImmutableArray<long> shape, int axis) => shape.Skip(axis + 1).Aggregate(1L, (product, size) => product * size);
    }
}
