using static TorchSharp.torch;

namespace Secateur.Allocations;

/// <summary>One threshold over scores that are relative to what a layer would have left: u² over the sum of the squares of u and all greater ones.</summary>
/// <remarks>
/// The greatest score of each layer becomes 1, so no layer is emptied, and layers whose weights are small by their scale alone are not
/// taken for unimportant. Lee et al., "Layer-adaptive Sparsity for the Magnitude-based Pruning", ICLR 2021, eq. 4 (arXiv:2010.07611).
/// </remarks>
internal sealed class Lamp : Allocation
{
    public override string Summary => "one threshold over scores relative to their layer's (LAMP)";

    public override long[] Spread(IReadOnlyList<Candidate> layers, long weights)
    {
        using var scope = NewDisposeScope();
        return All["global"].Spread([.. layers.Select(layer => layer with { Units = Relative(layer.Units) })], weights);
    }

    /// <summary>[units], ascending: how many fall under a threshold counts, not which.</summary>
    private static Tensor Relative(Tensor units)
    {
        if (units.numel() == 0) return units;
        var squares = units.to(ScalarType.Float64).sort(0).Values.square();
        var left = squares.flip(0).cumsum(0).flip(0); // of this unit and all greater ones
        return where(squares > 0, squares / left, zeros_like(squares)).to(ScalarType.Float32).contiguous();
    }
}
