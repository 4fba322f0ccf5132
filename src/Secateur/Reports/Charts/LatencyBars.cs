using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>Median latency of each model as a bar, its 95th percentile as a line beyond.</summary>
internal sealed class LatencyBars : Chart
{
    public override string Title => "Latency in ONNX Runtime";

    public override string Describe(PruneResult result) => result.Latency.Length == 0
        ? "Not measured."
        : string.Join("; ", result.Latency.Select(Words)) + ".";

    public override ImmutableArray<LegendEntry> Legend(PruneResult result) =>
        [new(Ink.Before, "bar", "before"), new(Ink.After, "bar", "after"), new(Ink.Loss, "dash", "up to the 95th percentile")];

    public override IEnumerable<Drawing> Draw(PruneResult result)
    {
        var rows = result.Latency.Where(row => double.IsFinite(row.MedianMs)).ToList();
        if (rows.Count == 0) yield break;
        var scale = Scale.FromZero(rows.SelectMany(row => new[] { row.MedianMs, row.P95Ms }), Numbers.Trimmed, about: 4);
        var drawing = Rows.Of([.. rows.Select(NameOf)], scale, right: 92, "milliseconds for one batch");
        for (var index = 0; index < rows.Count; index++)
        {
            var row = rows[index];
            drawing.Rectangle(index == 0 ? Ink.Before : Ink.After, 0, row.MedianMs, -index - 0.3, -index + 0.3);
            if (row.P95Ms > row.MedianMs && double.IsFinite(row.P95Ms)) Whisker(drawing, row.MedianMs, row.P95Ms, -index);
            drawing.Text(scale.To, -index, Numbers.Milliseconds(row.MedianMs), Anchor.Start, dx: 8, style: "value");
        }
        yield return drawing;
    }

    private static string Words(LatencyResult row) =>
        $"{NameOf(row)} {Numbers.Milliseconds(row.MedianMs)} median, {Numbers.Milliseconds(row.P95Ms)} 95th percentile";

    private static string NameOf(LatencyResult row) => Path.GetFileNameWithoutExtension(row.Model);

    private static void Whisker(Drawing drawing, double median, double p95, double y)
    {
        drawing.Line(Ink.Loss, 2, new(median, y), new(p95, y));
        drawing.Line(Ink.Loss, 2, new(p95, y - 0.18), new(p95, y + 0.18));
    }
}
