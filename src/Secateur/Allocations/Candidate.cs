using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Allocations;

/// <summary>A weight among which a budget is spread.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Units">Scores of its units, [units], ≥ 0; units pruned before score 0, all others more.</param>
/// <param name="Most">The largest sparsity that it may get, in [0, 1].</param>
/// <param name="Losses">What pruning this layer alone does to the network's answers; null where it was not measured.</param>
public sealed record Candidate(Weight Weight, Tensor Units, double Most, Curve? Losses = null)
{
    public long Count => Units.numel();

    /// <summary>Weights in a unit; a mean where edges make some smaller.</summary>
    public double UnitSize => (double)Weight.Elements / Count;

    /// <summary>Units that may go at most; one always stays, or the layer would pass nothing on.</summary>
    public long MostUnits => Math.Clamp((long)Math.Floor(Most * Count + 1e-6), 0, Math.Max(0, Count - 1));
}
