using System.Collections.Immutable;

namespace Secateur.Sparse.Provider;

/// <summary>A value that nodes have only laid out anew: Transpose, and what gives it another shape.</summary>
/// <param name="Source">What they begin with.</param>
/// <param name="User">The only node that takes that.</param>
/// <param name="Nodes">In their order; none where nothing is laid out anew.</param>
internal sealed record LaidOut(GraphValue Source, GraphNode User, ImmutableArray<GraphNode> Nodes)
{
    /// <param name="value">Any.</param>
    /// <param name="user">The only node that may take it.</param>
    /// <param name="quantized">Whether QuantizeLinear and DequantizeLinear may be between, alike, which ONNX Runtime puts behind such nodes; whoever asks sees to it that these change nothing.</param>
    /// <returns>Null where one of them goes elsewhere too.</returns>
    public static LaidOut? Of(GraphValue value, GraphNode user, bool quantized = false)
    {
        List<GraphNode> nodes = [];
        for (; value.OnlyUser == user; value = user.Input(0)!)
        {
            if (value.Maker is not { } maker || maker.Input(0) is not { } before) return new(value, user, [.. nodes]);
            if (quantized && maker.Operator == "DequantizeLinear" && before.Maker is { Operator: "QuantizeLinear" } pair && before.OnlyUser == maker && AreAlike(pair, maker) && pair.Input(0) is not null)
            {
                nodes.Insert(0, maker);
                maker = pair;
            }
            else if (maker.Operator is not ("Transpose" or "Reshape" or "Identity" or "Squeeze" or "Unsqueeze" or "Flatten")) return new(value, user, [.. nodes]);
            nodes.Insert(0, maker);
            user = maker;
        }
        return null;
    }

    /// <summary>Whether what both do to floats and bytes is told by the same scales and zero points of the same axis.</summary>
    private static bool AreAlike(GraphNode one, GraphNode other) => one.Input(1) == other.Input(1) && one.Input(2) == other.Input(2) && one.Whole("axis", 1) == other.Whole("axis", 1) && one.Whole("block_size", 0) == 0 && other.Whole("block_size", 0) == 0;

    /// <summary>How they lay it out.</summary>
    /// <param name="shape">Of the source.</param>
    /// <returns>Null where that is not known, or more than turning a matrix.</returns>
    public WeightOrder? Order(long[] shape) => Orders(shape).Last().Order;

    /// <summary>The source, and then each node with how the elements lie behind it.</summary>
    /// <param name="shape">Of the source.</param>
    public IEnumerable<(GraphNode? Node, WeightOrder? Order)> Orders(long[] shape)
    {
        var order = new WeightOrder(shape);
        yield return (null, order);
        foreach (var node in Nodes)
        {
            order = node.Operator switch
            {
                "Transpose" => order?.Transposed(node.Wholes("perm")),
                "QuantizeLinear" or "DequantizeLinear" => order,
                _ => node.Output.Shape is { } made ? order?.Reshaped(made) : null,
            };
            yield return (node, order);
        }
    }
}
