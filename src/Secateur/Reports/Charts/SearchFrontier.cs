using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>What a search tried: held-out quality against sparsity, and which candidates met the target.</summary>
internal sealed class SearchFrontier : Chart
{
    public override string Title => "What the search tried";

    public override string Describe(PruneResult result)
    {
        var points = Measured(result);
        if (points.Count == 0) return "No search was run.";
        var best = points.Where(point => point.Met).OrderBy(point => point.Sparsity).LastOrDefault();
        return best is null
            ? $"{points.Count} candidates, none met the target."
            : $"{points.Count} candidates, {points.Count(point => point.Met)} met the target, the sparsest at {Numbers.Percent(best.Sparsity)}.";
    }

    public override ImmutableArray<LegendEntry> Legend(PruneResult result)
    {
        ImmutableArray<LegendEntry> points = [new(Ink.After, "dot", "met the target"), new(Ink.Loss, "ring", "missed it")];
        return double.IsFinite(Least(result)) ? points.Add(new(Ink.Before, "dash", "least quality allowed")) : points;
    }

    public override IEnumerable<Drawing> Draw(PruneResult result)
    {
        var (points, measure, least) = (Measured(result), new Measure(result.Metric), Least(result));
        if (points.Count == 0) yield break;
        var x = Scale.Around(points.Select(point => point.Sparsity), value => $"{Numbers.Trimmed(Math.Round(value * 100, 6))} %", least: 0.02);
        var y = Scale.Around([.. points.Select(point => point.Quality), least], measure.Tick, measure.LeastSpan);
        var drawing = new Drawing(220, left: 58, right: 12, top: 34, bottom: 42, x, y);
        drawing.MarkY($"held-out {result.Metric}");
        drawing.MarkX("sparsity");
        if (double.IsFinite(least)) drawing.Dashed(Ink.Before, new(x.From, least), new(x.To, least));
        drawing.Line(Ink.Pruned, 2, [.. points.Select(point => new ScottPlot.Coordinates(point.Sparsity, point.Quality))]);
        foreach (var point in points)
        {
            if (point.Met) drawing.Dot(Ink.After, point.Sparsity, point.Quality);
            else drawing.Ring(Ink.Loss, point.Sparsity, point.Quality);
        }
        yield return drawing;
    }

    private static double Least(PruneResult result) =>
        result is { HeldOut.Before: var before, Recipe.MaxDrop: { } drop } ? before - drop : double.NaN;

    private static List<FrontierPoint> Measured(PruneResult result) =>
        [.. result.Frontier.Where(point => double.IsFinite(point.Sparsity) && double.IsFinite(point.Quality)).OrderBy(point => point.Sparsity)];
}
