using System.Collections.Immutable;

namespace Secateur.Reports.Sections;

/// <summary>A big number with what it counts and where it comes from.</summary>
/// <param name="Tone"><c>good</c>, <c>bad</c>, or empty.</param>
internal sealed record BigFigure(string Value, string Label, string Detail, string Tone = "");

/// <summary>A result in one sentence and a handful of figures: all that most readers read.</summary>
internal sealed record Headline(string Sentence, ImmutableArray<BigFigure> Figures)
{
    public static Headline Of(PruneResult result)
    {
        var (input, output) = (result.Input, result.Output);
        var parts = new List<string> { $"{Fewer(result)} fewer weights" };
        var figures = ImmutableArray.CreateBuilder<BigFigure>();
        figures.Add(new(Fewer(result), "fewer weights",
            $"{Numbers.Count(input.Nonzero)} → {Numbers.Count(output.Nonzero)} nonzero", "good"));
        if (result.Quality is { } quality)
        {
            var measure = new Measure(result.Metric);
            var (before, after) = (measure.Write(quality.Before), measure.Write(quality.After));
            var change = measure.Change(quality.Before, quality.After);
            parts.Add($"{result.Metric} {before} → {after} ({change})");
            figures.Add(new(after, result.Metric, $"{before} before, {change}", quality.Drop > 0 ? "" : "good"));
        }
        parts.Add($"file {Numbers.Bytes(input.Bytes)} → {Numbers.Bytes(output.Bytes)}");
        parts.Add($"gzip {Numbers.Bytes(input.GzipBytes)} → {Numbers.Bytes(output.GzipBytes)}");
        figures.Add(new(Numbers.Times(input.GzipBytes, output.GzipBytes), "smaller to send",
            $"gzip {Numbers.Bytes(input.GzipBytes)} → {Numbers.Bytes(output.GzipBytes)}"));
        if (Latency.Pair(result) is var (dense, pruned))
            figures.Add(new(Numbers.Times(pruned.Speedup), "speed in ONNX Runtime",
                $"{Numbers.Milliseconds(dense.MedianMs)} → {Numbers.Milliseconds(pruned.MedianMs)} median"));
        return new($"{string.Join(", ", parts)}.", figures.ToImmutable());
    }

    private static string Fewer(PruneResult result) => Numbers.Times(result.Input.Nonzero, result.Output.Nonzero);
}
