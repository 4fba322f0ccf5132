using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Structure.Latency;

/// <summary>What of a node states sizes, and must follow when its values have other shapes: targets of Reshape, groups of a convolution.</summary>
internal static class Fitting
{
    /// <summary>The integers that an input must hold for the node to make an output of its new shape; null where the input says nothing about shapes.</summary>
    /// <param name="node">The node.</param>
    /// <param name="input">The place of one of its inputs.</param>
    /// <param name="dense">The shapes that were seen.</param>
    /// <param name="shapes">The new ones.</param>
    public static long[]? Sizes(Node node, int input, Shapes dense, Shapes shapes) => (node.Domain.Length == 0 ? node.OpType : "", input) switch
    {
        ("Reshape", 1) or ("Expand", 1) or ("ConstantOfShape", 0) or ("Resize", 3) => [.. shapes[node.Outputs[0]]],
        ("Tile", 1) => [.. shapes[node.Outputs[0]].Select((size, axis) => size / shapes[node.Inputs[0]][axis])],
        ("Split", 1) => Parts(node, shapes),
        ("Slice", 1) => Bounds(node, dense, shapes)?.Starts,
        ("Slice", 2) => Bounds(node, dense, shapes)?.Ends,
        _ => null,
    };

    /// <summary>Attributes that differ in the node of the new shapes.</summary>
    public static IEnumerable<(string Name, long[] Values)> Attributes(Node node, Shapes shapes)
    {
        switch (node.Domain.Length == 0 ? node.OpType : "")
        {
            case "Conv" when node.Int("group", 1) > 1:
                yield return ("group", [shapes[node.Inputs[0]][1] / shapes[node.Inputs[1]][1]]);
                break;
            case "ConvTranspose" when node.Int("group", 1) > 1:
                yield return ("group", [shapes[node.Outputs[0]][1] / shapes[node.Inputs[1]][1]]);
                break;
            case "LSTM" or "GRU" or "RNN":
                yield return ("hidden_size", [shapes[node.Inputs[2]][^1]]);
                break;
            case "Split" when node.Has("split"):
                yield return ("split", Parts(node, shapes));
                break;
        }
    }

    private static long[] Parts(Node node, Shapes shapes)
    {
        var axis = (int)node.Int("axis");
        return [.. node.Outputs.Select(output => shapes[output][axis < 0 ? axis + shapes[output].Length : axis])];
    }

    /// <summary>A slice that begins at the same share of its axis and has the new length.</summary>
    private static (long[] Starts, long[] Ends)? Bounds(Node node, Shapes dense, Shapes shapes)
    {
        var (x, y) = (shapes[node.Inputs[0]], shapes[node.Outputs[0]]);
        var axes = node.HasInput(3) ? dense.Integers(node.Inputs[3]) : [.. Enumerable.Range(0, x.Length).Select(axis => (long)axis)];
        var steps = node.HasInput(4) ? dense.Integers(node.Inputs[4]) : axes?.Select(_ => 1L).ToArray();
        if (axes is null || steps is null || steps.Any(step => step < 1)) return null;
        var starts = dense.Integers(node.Inputs[1]);
        var (begin, end) = (new long[axes.Length], new long[axes.Length]);
        for (var i = 0; i < axes.Length; i++)
        {
            var axis = (int)(axes[i] < 0 ? axes[i] + x.Length : axes[i]);
            var (before, span) = (dense[node.Inputs[0]][axis], Math.Min(x[axis], (y[axis] - 1) * steps[i] + 1));
            var start = starts is null ? 0 : Math.Clamp(starts[i] < 0 ? starts[i] + before : starts[i], 0, before);
            begin[i] = Math.Clamp(start * x[axis] / Math.Max(1, before), 0, x[axis] - span);
            end[i] = begin[i] + span;
        }
        return (begin, end);
    }
}
