using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Structure.Embedding;

/// <summary>Finds residual streams: from a normalization back to all that writes what it reads, and on to all that reads it.</summary>
internal sealed class StreamSearch
{
    private readonly GraphView view;
    private readonly Dictionary<Node, Normalization> normalizations;
    private readonly Dictionary<(string, int), bool> carried = [];
    private readonly Dictionary<string, int> axes = [];
    private readonly Dictionary<Node, Part> parts = [];
    private readonly Queue<string> open = [];
    private readonly long width;

    private StreamSearch(GraphView view, Dictionary<Node, Normalization> normalizations, long width) => (this.view, this.normalizations, this.width) = (view, normalizations, width);

    /// <summary>All streams of a graph, widest use first.</summary>
    /// <param name="view">Of the graph.</param>
    /// <returns>What was found, and for what was not the reason, each a line that names a node.</returns>
    public static (ImmutableArray<ResidualStream> Streams, ImmutableArray<string> Faults) Run(GraphView view)
    {
        var normalizations = Normalization.All(view);
        List<ResidualStream> streams = [];
        List<(int Nodes, string Fault)> faults = [];
        HashSet<string> seen = [];
        foreach (var norm in normalizations.Values.Distinct()) From(norm.Output, norm.Nodes[0]);
        if (streams.Count == 0 && faults.Count == 0) // for the reason alone
            foreach (var node in view.Network.Graph.Nodes.Where(node => node is { OpType: "Add", Domain: "" } && !node.Inputs.Any(view.IsFixed))) From(node.Outputs[0], node);
        return ([.. streams.OrderByDescending(stream => stream.Nodes.Length)], [.. faults.OrderByDescending(fault => fault.Nodes).Select(fault => fault.Fault)]);

        void From(string value, Node node)
        {
            if (seen.Contains(value) || view.Shape(value) is not { Length: > 0 } shape) return;
            var search = new StreamSearch(view, normalizations, shape[^1]);
            var fault = search.Grow(value, node);
            seen.UnionWith(search.axes.Keys);
            if (fault is not null) faults.Add((search.parts.Count, fault));
            else if (search.parts.ContainsValue(Part.Normalizes) && search.parts.ContainsValue(Part.Joins)) streams.Add(new ResidualStream(view, normalizations, search.width, search.axes, search.parts));
        }
    }

    /// <summary>Null once all that hangs together is known; or why it cannot be turned.</summary>
    private string? Grow(string start, Node by)
    {
        if (Visit(start, view.Rank(start) - 1, by) is { } first) return first;
        while (open.TryDequeue(out var value))
        {
            if (view.Flow.Maker(value) is { } maker && Take(maker, value) is { } before) return before;
            foreach (var reader in view.Flow.Readers(value))
                if (Take(reader, value) is { } after) return after;
            if (view.Flow.Leaving.Contains(value) && axes[value] != view.Rank(value) - 1) return $"output '{value}' has the features of a residual stream on an axis that is not the last";
        }
        return null;
    }

    private string? Visit(string value, int axis, Node by)
    {
        if (axes.TryGetValue(value, out var known)) return known == axis ? null : Fault(by, "has the features on two axes");
        if (!view.IsWide(value, axis, width)) return Fault(by, "changes the width of the features, or their type");
        axes[value] = axis;
        open.Enqueue(value);
        return null;
    }

    /// <summary>What a node does with the stream, and the values that belong to it too.</summary>
    private string? Take(Node node, string value)
    {
        if (parts.ContainsKey(node) && parts[node] is not (Part.Reads or Part.Writes)) return null;
        if (node.Captured.Contains(value)) return Fault(node, "reads it from graphs inside");
        if (normalizations.TryGetValue(node, out var norm))
        {
            if (axes.TryGetValue(norm.Input, out var at) && at != view.Rank(norm.Input) - 1 || value != norm.Input && value != norm.Output) return Fault(node, "normalizes another axis");
            foreach (var part in norm.Nodes) parts[part] = Part.Normalizes;
            return (Carries(norm.Input, view.Rank(norm.Input) - 1) ? Visit(norm.Input, view.Rank(norm.Input) - 1, node) : null) ?? Visit(norm.Output, view.Rank(norm.Output) - 1, node);
        }
        var isMade = node.Outputs.Contains(value);
        if (node is { OpType: "Shape", Domain: "" }) return As(Part.Measures);
        if (isMade && Writes(node, axes[value])) return As(Part.Writes);
        if (node is { OpType: "Add" or "Sum", Domain: "" }) return Join(node, view.Rank(node.Outputs[0]) - 1, isMade || axes[value] == view.Rank(value) - 1);
        if (node is { OpType: "Mul" or "Div", Domain: "" } && Scales(node, axes[value]))
            return As(Part.Scales) ?? (isMade ? Visit(node.Inputs[ResidualStream.Operand(view, node)], axes[value], node) : Visit(node.Outputs[0], axes[value], node));
        if (!isMade && Reads(node, value)) return As(Part.Reads);
        var axis = isMade ? axes[value] : node.Inputs[0] == value || node.OpType == "Concat" ? Passing.After(view, node, axes[value]) : -1;
        if (axis < 0 || Passing.Before(view, node, axis) is not (>= 0 and var before)) return Fault(node, isMade ? "writes it" : "reads it");
        if (node.OpType == "Concat") return Join(node, axis, true);
        foreach (var output in node.Outputs.Where(name => name.Length > 0))
            if (Visit(output, axis, node) is { } fault) return fault;
        return As(Part.Passes) ?? Visit(node.Inputs[0], before, node);

        string? As(Part part)
        {
            parts[node] = part;
            return null;
        }
    }

    /// <summary>A sum, or one behind the other: with a fixed operand it only shifts.</summary>
    private string? Join(Node node, int axis, bool isLast)
    {
        if (!isLast || axis != view.Rank(node.Outputs[0]) - 1) return Fault(node, "sums it where its features are not the last axis");
        parts[node] = Part.Joins;
        foreach (var operand in node.Inputs)
        {
            if (view.IsFixed(operand))
            {
                if (node.OpType != "Concat" && view.Elements(operand) == 1) continue;
                if (view.FixedShape(operand) is not [.., var last] || last != width) return Fault(node, $"takes '{operand}', which is not as wide");
                if (node.OpType == "Add") parts[node] = Part.Shifts;
            }
            else if (Carries(operand, view.Rank(operand) - 1))
            {
                if (Visit(operand, view.Rank(operand) - 1, node) is { } fault) return fault;
            }
            else if (!view.IsWide(operand, view.Rank(operand) - 1, width)) return Fault(node, $"takes '{operand}', which is not as wide");
        }
        if (node.OpType == "Add" && node.Inputs.Any(view.IsFixed)) parts[node] = Part.Shifts;
        return Visit(node.Outputs[0], axis, node);
    }

    /// <summary>Whether a value can be turned where it is made; what cannot is turned by a product of its own where it comes in.</summary>
    private bool Carries(string value, int axis)
    {
        if (carried.TryGetValue((value, axis), out var known)) return known;
        return carried[(value, axis)] = axis >= 0 && view.IsWide(value, axis, width) && view.Flow.Maker(value) is { } node && (
            normalizations.TryGetValue(node, out var norm) ? norm.Output == value
            : Writes(node, axis) || node switch
            {
                { OpType: "Add" or "Sum", Domain: "" } => axis == view.Rank(value) - 1 && node.Inputs.Any(input => !view.IsFixed(input) && Carries(input, view.Rank(input) - 1)),
                { OpType: "Mul" or "Div", Domain: "" } => Scales(node, axis) && Carries(node.Inputs[ResidualStream.Operand(view, node)], axis),
                { OpType: "Concat", Domain: "" } => Passing.Before(view, node, axis) == axis && axis == view.Rank(value) - 1 && node.Inputs.Any(input => Carries(input, axis)),
                _ => Passing.Before(view, node, axis) is >= 0 and var before && Carries(node.Inputs[0], before),
            });
    }

    /// <summary>Whether the features of what a node makes are outputs of a fixed weight, or fixed themselves, as rows of a table are.</summary>
    private bool Writes(Node node, int axis) => node.Domain.Length == 0 && node is { Inputs.Length: > 0, Outputs: [var made] } && axis >= 0 && node.OpType switch
    {
        "MatMul" => view.IsFixed(node.Inputs[1]) && axis == view.Rank(made) - 1 && view.FixedShape(node.Inputs[1]) is [.., _, var outputs] && outputs == width,
        "Gemm" => view.IsFixed(node.Inputs[1]) && axis == 1 && (!node.HasInput(2) || view.IsFixed(node.Inputs[2])),
        "Conv" => view.IsFixed(node.Inputs[1]) && axis == 1 && node.Int("group", 1) == 1 && (!node.HasInput(2) || view.IsFixed(node.Inputs[2])),
        _ when view.IsFixed(node.Inputs[0]) => view.FixedShape(node.Inputs[0]) is [.., var features] shape && features == width && axis == view.Rank(made) - 1
            && node.OpType != "Concat" && Passing.Before(view, node, axis) == shape.Length - 1,
        _ => false,
    };

    private bool Reads(Node node, string value) => node.Domain.Length == 0 && node.Inputs.Length > 1 && node.Inputs[0] == value && node.Inputs[1] != value && view.IsFixed(node.Inputs[1])
        && axes[value] == view.Rank(value) - 1 && (node.OpType == "MatMul" && view.FixedShape(node.Inputs[1]).Length > 1 || node.OpType == "Gemm" && !node.Flag("transA") && node.Float("beta", 1) != 0);

    /// <summary>Multiplied or divided by one fixed number, or by one for each feature.</summary>
    private bool Scales(Node node, int axis)
    {
        if (!node.Inputs.Any(view.IsFixed) || node.Inputs.All(view.IsFixed)) return false;
        var operand = ResidualStream.Operand(view, node);
        if (node.OpType == "Div" && operand != 0) return false;
        var factor = node.Inputs[1 - operand];
        return view.Elements(factor) == 1 || view.Elements(factor) == width && view.FixedShape(factor) is [.., var last] && last == width && axis == view.Rank(node.Outputs[0]) - 1;
    }

    private static string Fault(Node node, string what) => $"node '{node.Name}' ({node.OpType}) {what}";
}
