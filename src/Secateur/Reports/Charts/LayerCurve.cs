using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>Held-out quality as layers are left out one by one, from the dense model on.</summary>
internal sealed class LayerCurve : Chart
{
    public override string Title => "Layers left out one by one";

    public override string Describe(PruneResult result)
    {
        var (points, measure) = (Measured(result), new Measure(result.Metric));
        return points.Count < 2 ? "No layer was left out with data to measure it."
            : $"{measure.Write(points[0])} with all layers, {measure.Write(points[^1])} without {points.Count - 1} of them, before fine-tuning.";
    }

    public override ImmutableArray<LegendEntry> Legend(PruneResult result) => [new(Ink.After, "dot", "without so many layers"), new(Ink.Before, "dash", "dense model")];

    public override IEnumerable<Drawing> Draw(PruneResult result)
    {
        var (points, measure) = (Measured(result), new Measure(result.Metric));
        if (points.Count < 2) yield break;
        var x = Scale.Exactly(-0.35, points.Count - 0.65, Numbers.Trimmed, about: 8);
        var drawing = new Drawing(220, left: 58, right: 12, top: 34, bottom: 42, x with { Ticks = [.. x.Ticks.Where(double.IsInteger).DefaultIfEmpty(0)] },
            Scale.Around(points, measure.Tick, measure.LeastSpan));
        drawing.MarkY($"held-out {result.Metric}");
        drawing.MarkX("layers left out");
        drawing.Dashed(Ink.Before, new(drawing.X.From, points[0]), new(drawing.X.To, points[0]));
        drawing.Line(Ink.After, 2.5f, [.. points.Select((quality, count) => new ScottPlot.Coordinates(count, quality))]);
        foreach (var (count, quality) in points.Index()) drawing.Dot(Ink.After, count, quality, 9);
        yield return drawing;
    }

    /// <summary>By layers left out; the first is the dense model.</summary>
    private static List<double> Measured(PruneResult result) => result.HeldOut is not { } dense || !double.IsFinite(dense.Before) ? []
        : [dense.Before, .. result.LayersDropped.Select(layer => layer.Quality ?? double.NaN).Where(double.IsFinite)];
}
