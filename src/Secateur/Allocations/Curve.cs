using System.Collections.Immutable;

namespace Secateur.Allocations;

/// <summary>How far the network's answers move from the dense ones as one layer alone is pruned, as measured at some sparsities.</summary>
/// <param name="Points">Sparsity and loss, both rising; the first is where the layer is now.</param>
public sealed record Curve(ImmutableArray<(double Sparsity, double Loss)> Points)
{
    private const double Least = 1e-9; // of a loss whose logarithm is taken

    /// <summary>The loss at any sparsity: between two points along an exponential, to the first as a square, beyond the last as from the two before.</summary>
    public double At(double sparsity)
    {
        var (from, to) = (Points[0], Points[^1]);
        for (var i = 1; i < Points.Length; i++)
        {
            (from, to) = (Points[i - 1], Points[i]);
            if (sparsity <= to.Sparsity) break;
        }
        if (sparsity <= Points[0].Sparsity || Points.Length == 1) return 0;
        var time = (sparsity - from.Sparsity) / (to.Sparsity - from.Sparsity);
        if (from == Points[0]) return to.Loss * time * time;
        return Math.Exp(double.Lerp(Math.Log(Math.Max(Least, from.Loss)), Math.Log(Math.Max(Least, to.Loss)), time));
    }
}
