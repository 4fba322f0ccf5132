using System.Collections.Immutable;
using Secateur.Evaluation;

namespace Secateur.Pruning;

/// <summary>Looks for the highest sparsity that loses no more quality than allowed: bisection over the density's logarithm, each candidate a whole cycle.</summary>
internal static class DropSearch
{
    private const int Candidates = 6;
    private const double LeastDensity = 0.002;

    /// <param name="reach">The highest sparsity that the recipe allows.</param>
    /// <param name="maxDrop">The largest loss on the held-out part.</param>
    /// <param name="metric">Says which direction is a loss.</param>
    /// <param name="run">Runs the cycle to a sparsity; gives the dense and the pruned quality.</param>
    /// <returns>The best sparsity, and all candidates in order of sparsity.</returns>
    /// <exception cref="GateException">No candidate met the limit; the message says how near the nearest came.</exception>
    public static (double Best, ImmutableArray<FrontierPoint> Frontier) Run(double reach, double maxDrop, Metric metric, Func<double, (double Dense, double Pruned)> run)
    {
        List<FrontierPoint> frontier = [];
        var (met, failed) = (0.0, Math.Log(Math.Max(LeastDensity, 1 - reach))); // logarithms of densities
        for (var candidate = 0; candidate < Candidates; candidate++)
        {
            var density = (met + failed) / 2;
            var sparsity = 1 - Math.Exp(density);
            var (dense, pruned) = run(sparsity);
            var drop = metric.Drop(dense, pruned);
            var point = new FrontierPoint(sparsity, pruned, drop, drop <= maxDrop + 1e-12);
            frontier.Add(point);
            if (point.Met) met = density;
            else failed = density;
        }
        if (frontier.Where(point => point.Met).MaxBy(point => point.Sparsity) is not { } best)
        {
            var nearest = frontier.MinBy(point => point.Drop)!;
            throw new GateException($"no sparsity loses at most {maxDrop:0.####}: the nearest was {nearest.Sparsity:0.0%}, which lost {nearest.Drop:0.####}; "
                + "allow more, or fine-tune longer (--epochs)");
        }
        return (best.Sparsity, [.. frontier.OrderBy(point => point.Sparsity)]);
    }
}
