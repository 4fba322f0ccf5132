using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>Quality of the dense model, of this run, and of other ways to be as small.</summary>
internal sealed class BaselineDots : Chart
{
    public override string Title => "Beside other ways to be as small";

    public override string Describe(PruneResult result)
    {
        var measure = new Measure(result.Metric);
        return Compared(result) is { Count: > 0 } rows
            ? string.Join("; ", rows.Select(row => $"{row.Name} {measure.Write(row.Value)}")) + "."
            : "No baseline was run.";
    }

    public override ImmutableArray<LegendEntry> Legend(PruneResult result) =>
        [new(Ink.Before, "ring", "dense model"), new(Ink.After, "dot", "this run"), new(Ink.Loss, "dot", "baseline")];

    public override IEnumerable<Drawing> Draw(PruneResult result)
    {
        var (rows, measure) = (Compared(result), new Measure(result.Metric));
        if (rows.Count == 0) yield break;
        var scale = Scale.Around(rows.Select(row => row.Value), measure.Tick, measure.LeastSpan);
        var drawing = Rows.Of([.. rows.Select(row => row.Name)], scale, right: 76, result.Metric);
        for (var index = 0; index < rows.Count; index++)
        {
            var (_, value, ink) = rows[index];
            drawing.Line(Ink.Track, 3, new(scale.From, -index), new(value, -index));
            if (ink == Ink.Before) drawing.Ring(ink, value, -index, 13);
            else drawing.Dot(ink, value, -index, 13);
            drawing.Text(scale.To, -index, measure.Write(value), Anchor.End, dx: 70, style: "value");
        }
        yield return drawing;
    }

    private static List<(string Name, double Value, Ink Ink)> Compared(PruneResult result)
    {
        var baselines = result.Baselines.Where(baseline => baseline.Value is { } value && double.IsFinite(value)).ToList();
        if (baselines.Count == 0 || result.Quality is not { } quality || !double.IsFinite(quality.Before + quality.After)) return [];
        return [("dense model", quality.Before, Ink.Before), ("this run", quality.After, Ink.After),
            .. baselines.Select(baseline => (baseline.Name, baseline.Value!.Value, Ink.Loss))];
    }
}
