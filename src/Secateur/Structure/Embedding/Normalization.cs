using System.Collections.Immutable;
using Secateur.Onnx;

namespace Secateur.Structure.Embedding;

/// <summary>A normalization over the last axis, one node or several: y = (x - mean)/√(var + ε) or x/√(mean of x² + ε), perhaps times a scale, perhaps plus a bias.</summary>
/// <param name="Input">x.</param>
/// <param name="Output">What comes of it; of several nodes without the bias.</param>
/// <param name="Nodes">In the graph's order.</param>
/// <param name="Centres">Whether the mean is taken off.</param>
/// <param name="Epsilon">ε.</param>
/// <param name="Adds">The node that adds ε; null where it is an attribute of the only node.</param>
/// <param name="Scales">The node that scales, with the place of the scale among its inputs; null where none does.</param>
internal sealed record Normalization(string Input, string Output, ImmutableArray<Node> Nodes, bool Centres, double Epsilon, Node? Adds, (Node Node, int Input)? Scales)
{
    /// <summary>All that a graph has, by every node that belongs to one.</summary>
    public static Dictionary<Node, Normalization> All(GraphView view)
    {
        Dictionary<Node, Normalization> all = [];
        foreach (var node in view.Network.Graph.Nodes)
            if ((Whole(view, node) ?? Written(view, node)) is { } found)
                foreach (var part in found.Nodes) all[part] = found;
        return all;
    }

    private static Normalization? Whole(GraphView view, Node node)
    {
        if (node.OpType is not ("LayerNormalization" or "RMSNormalization" or "SimplifiedLayerNormalization") || node.Outputs.Skip(1).Any(name => name.Length > 0)) return null;
        var (x, rank) = (node.Inputs[0], view.Rank(node.Inputs[0]));
        return rank > 0 && (node.Int("axis", -1) == -1 || node.Int("axis") == rank - 1) && node.Inputs.Skip(1).All(name => name.Length == 0 || view.IsFixed(name))
            ? new(x, node.Outputs[0], [node], node.OpType == "LayerNormalization", node.Float("epsilon", 1e-5f), null, (node, 1)) : null;
    }

    /// <summary>As exporters write it, from the mean of squares on.</summary>
    private static Normalization? Written(GraphView view, Node mean)
    {
        var flow = view.Flow;
        if (!Means(view, mean) || flow.Maker(mean.Inputs[0]) is not { } square || Squared(view, square) is not { } z) return null;
        if (Only(flow, square) != mean || Only(flow, mean) is not { OpType: "Add" } adds || Other(view, adds, mean.Outputs[0]) is not { } epsilon || view.Elements(epsilon) != 1) return null;
        if (Only(flow, adds) is not { OpType: "Sqrt" } root || Only(flow, root) is not { } inverse) return null;
        List<Node> nodes = [square, mean, adds, root, inverse];
        var last = inverse;
        if (inverse.OpType == "Reciprocal" || inverse.OpType == "Div" && inverse.Inputs[1] == root.Outputs[0] && view.IsFixed(inverse.Inputs[0]) && IsOne(view, inverse.Inputs[0]))
        {
            if (Only(flow, inverse) is not { OpType: "Mul" } times || !times.Inputs.Contains(z)) return null;
            nodes.Add(last = times);
        }
        else if (inverse.OpType != "Div" || inverse.Inputs[0] != z || inverse.Inputs[1] != root.Outputs[0]) return null;
        var (x, centres) = (z, false);
        if (flow.Maker(z) is { OpType: "Sub" } less && flow.Maker(less.Inputs[1]) is { } middle && Means(view, middle) && middle.Inputs[0] == less.Inputs[0] && Only(flow, middle) == less
            && flow.Readers(z).All(nodes.Contains) && !flow.Leaving.Contains(z))
        {
            (x, centres) = (less.Inputs[0], true);
            nodes.AddRange([middle, less]);
        }
        (Node, int)? scales = null;
        if (Only(flow, last) is { OpType: "Mul" } scale && Other(view, scale, last.Outputs[0]) is { } factor && view.Elements(factor) > 1 && view.Elements(factor) == view.Shape(x)!.Value[^1])
        {
            nodes.Add(scale);
            scales = (scale, scale.Inputs.IndexOf(factor));
        }
        return new(x, (scales?.Item1 ?? last).Outputs[0], [.. nodes.OrderBy(view.Network.Graph.Nodes.IndexOf)], centres, view.Fixed(epsilon).item<double>(), adds, scales);
    }

    private static bool Means(GraphView view, Node node) => node is { OpType: "ReduceMean", Domain: "" } && node.Flag("keepdims", true)
        && (node.Opset < 18 ? node.Ints("axes") : node.HasInput(1) ? view.Integers(node.Inputs[1]) : null) is [var axis] && (axis == -1 || axis == view.Rank(node.Inputs[0]) - 1);

    private static string? Squared(GraphView view, Node node) => node.Domain.Length > 0 ? null : node.OpType switch
    {
        "Pow" when view.IsFixed(node.Inputs[1]) && view.Elements(node.Inputs[1]) == 1 && view.Fixed(node.Inputs[1]).item<double>() == 2 => node.Inputs[0],
        "Mul" when node.Inputs[0] == node.Inputs[1] => node.Inputs[0],
        _ => null,
    };

    private static bool IsOne(GraphView view, string name) => view.Elements(name) == 1 && view.Fixed(name).item<double>() == 1;

    /// <summary>The only node that reads what a node makes.</summary>
    private static Node? Only(Flow flow, Node node) =>
        node.Outputs is [var made] && !flow.Leaving.Contains(made) && flow.Readers(made) is [{ Domain: "" } reader] && !reader.Captured.Contains(made) ? reader : null;

    /// <summary>The fixed operand beside another one.</summary>
    private static string? Other(GraphView view, Node node, string operand) =>
        node.Inputs is [var one, var two] && (one == operand ? two : one) is var other && other != operand && view.IsFixed(other) ? other : null;
}
