using System.Collections.Immutable;

namespace Secateur.Allocations;

/// <summary>How far the network's answers move from the dense ones as one layer alone is pruned, as measured at some sparsities.</summary>
/// <param name="Points">Sparsity and loss, both rising; the first is where the layer is now.</param>
public sealed record Curve(ImmutableArray<(double Sparsity, double Loss)> Points)
{
    private const double Least = 1e-9; // of a loss whose logarithm is taken

    /// <summary>
    /// The loss at any sparsity: to the first point as a square, then along exponentials, but never flatter than before: answers that are already lost cannot get worse, which
    /// must not make it cheap to lose the whole layer.
    /// </summary>
    public double At(double sparsity)
    {
        var (loss, steepest) = (0.0, 0.0);
        for (var i = 1; i < Points.Length; i++)
        {
            var (from, to) = (Points[i - 1], Points[i]);
            if (sparsity <= from.Sparsity) return loss;
            var last = i == Points.Length - 1;
            var width = to.Sparsity - from.Sparsity;
            var reached = last ? sparsity - from.Sparsity : Math.Min(sparsity, to.Sparsity) - from.Sparsity;
            loss += Math.Max(Between(from, to, i == 1, reached / width), steepest * reached);
            steepest = Math.Max(steepest, (to.Loss - from.Loss) / width);
        }
        return loss;
    }

    /// <summary>What is added from one point on, at a time of 1 at the next.</summary>
    private static double Between((double Sparsity, double Loss) from, (double Sparsity, double Loss) to, bool first, double time)
    {
        if (first) return (to.Loss - from.Loss) * time * time;
        var (low, high) = (Math.Log(Math.Max(Least, from.Loss)), Math.Log(Math.Max(Least, to.Loss)));
        return Math.Exp(double.Lerp(low, high, time)) - Math.Exp(low);
    }
}
