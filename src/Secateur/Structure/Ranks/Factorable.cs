using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Structure.Ranks;

/// <summary>A layer that can be written as two: its weight [out, in·kernel] as the product of [out, rank] and [rank, in·kernel].</summary>
/// <param name="Weight">Read by no other node, but for one that casts it; an operand on the right of a product, or a kernel without groups.</param>
/// <param name="Node">That reads it.</param>
internal sealed record Factorable(Weight Weight, Node Node)
{
    /// <summary>Rows of the weight's matrix.</summary>
    public long Outputs => Weight.Outputs;

    /// <summary>Columns of the weight's matrix.</summary>
    public long Inputs => Weight.Elements / Weight.Outputs;

    /// <summary>With which two layers are as good as the one.</summary>
    public int FullRank => (int)Math.Min(Outputs, Inputs);

    /// <summary>Whether a product over its inputs is summed on the side of the inputs where that is the smaller one.</summary>
    public bool IsTall => Node.OpType != "Conv" && Outputs > Inputs;

    /// <summary>Elements of the weight, or of two factors of this rank, whichever are fewer.</summary>
    public double Elements(int rank) => Math.Min((double)Outputs * Inputs, (double)rank * (Outputs + Inputs));

    /// <summary>Whether two layers of this rank are cheaper than the one.</summary>
    public bool IsCheaper(int rank) => rank * (Outputs + Inputs) < Outputs * Inputs;

    /// <summary>In the graph's order.</summary>
    public static ImmutableArray<Factorable> Of(Network network)
    {
        var graph = network.Graph;
        return
        [
            .. from weight in network.Weights
               where graph.Nodes.Contains(weight.Node) && Fits(network, weight.Node, weight)
               select new Factorable(weight, weight.Node) into layer
               where layer.IsCheaper(1)
               select layer,
        ];
    }

    private static bool Fits(Network network, Node node, Weight weight) => node.Domain.Length == 0 && node.Inputs.Length > 1 && network.Behind(node.Inputs[1]) == weight.Name && network.IsReadOnce(node.Inputs[1]) && node.OpType switch
    {
        "Gemm" or "MatMul" => weight.Shape.Length == 2,
        "Conv" => node.Int("group", 1) == 1,
        _ => false,
    };
}
