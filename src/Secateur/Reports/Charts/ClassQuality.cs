using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>Quality of each class before (ring) and after (dot), the largest loss on top.</summary>
internal sealed class ClassQuality : Chart
{
    private const int Most = 30;

    public override string Title => "Quality by class";

    public override string Describe(PruneResult result)
    {
        var measure = new Measure(result.Metric);
        var ranked = Ranked(result);
        return ranked is [var most, ..]
            ? $"{Shown(result)} The largest change for the worse: {most.Slice}, {measure.Write(most.Before)} to {measure.Write(most.After)}."
            : "Not measured by class.";
    }

    public override ImmutableArray<LegendEntry> Legend(PruneResult result) =>
        [new(Ink.Before, "ring", "before"), new(Ink.After, "dot", "after, as good or better"), new(Ink.Loss, "dot", "after, worse")];

    public override IEnumerable<Drawing> Draw(PruneResult result)
    {
        var (rows, measure) = (Ranked(result).Take(Most).ToList(), new Measure(result.Metric));
        if (rows.Count == 0) yield break;
        var scale = Scale.Around(rows.SelectMany(row => new[] { row.Before, row.After }), measure.Tick, measure.LeastSpan);
        var drawing = Rows.Of([.. rows.Select(row => row.Slice)], scale, right: 68, result.Metric);
        for (var index = 0; index < rows.Count; index++)
        {
            var row = rows[index];
            var ink = row.After < row.Before ? Ink.Loss : Ink.After;
            drawing.Line(ink, 3, new(row.Before, -index), new(row.After, -index));
            drawing.Ring(Ink.Before, row.Before, -index);
            drawing.Dot(ink, row.After, -index);
            drawing.Text(scale.To, -index, measure.ShortChange(row.Before, row.After), Anchor.End, dx: 60, style: "value");
        }
        yield return drawing;
    }

    private static string Shown(PruneResult result) => result.Slices.Length > Most
        ? $"The {Most} of {result.Slices.Length} classes with the largest change for the worse."
        : $"{result.Slices.Length} classes, the largest change for the worse on top.";

    /// <summary>The finite ones, by what they lost; equals by name.</summary>
    private static List<SliceResult> Ranked(PruneResult result) => [.. result.Slices
        .Where(slice => double.IsFinite(slice.Before) && double.IsFinite(slice.After))
        .OrderByDescending(slice => slice.Before - slice.After).ThenBy(slice => slice.Slice, StringComparer.Ordinal)];
}
