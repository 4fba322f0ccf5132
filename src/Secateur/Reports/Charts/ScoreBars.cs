using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>The histogram of scores: pruned below, kept on top, and the threshold between them.</summary>
internal sealed class ScoreBars : Chart
{
    public override string Title => "Scores and their threshold";

    public override string Describe(PruneResult result)
    {
        if (result.Scores is not { } scores) return "Scores were not counted.";
        var threshold = scores.Threshold is { } at && double.IsFinite(at)
            ? $"Everything under {Numbers.Trimmed(Math.Pow(10, at))} was pruned."
            : "Each layer has a threshold of its own.";
        return $"{Numbers.Count(scores.Pruned.Sum() + scores.Zeros)} scores pruned, {Numbers.Count(scores.Kept.Sum())} kept. {threshold}"
            + (scores.Zeros > 0 ? $" {Numbers.Count(scores.Zeros)} scores are exactly zero and have no place on this axis." : "");
    }

    public override ImmutableArray<LegendEntry> Legend(PruneResult result)
    {
        ImmutableArray<LegendEntry> bars = [new(Ink.Pruned, "bar", "pruned"), new(Ink.After, "bar", "kept")];
        return result.Scores?.Threshold is null ? bars : bars.Add(new(Ink.Loss, "dash", "threshold"));
    }

    public override IEnumerable<Drawing> Draw(PruneResult result)
    {
        if (result.Scores is not { } scores || !Drawable(scores)) yield break;
        var (pruned, kept, edges) = (scores.Pruned, scores.Kept, scores.Edges);
        var x = Scale.Exactly(edges[0], edges[^1], Power);
        var y = Scale.FromZero(pruned.Zip(kept, (a, b) => (double)(a + b)), Numbers.Short, about: 4);
        var drawing = new Drawing(220, left: 58, right: 12, top: 34, bottom: 42, x with { Ticks = Whole(x) }, y);
        drawing.MarkY("weights");
        drawing.MarkX($"score ({result.Recipe.Criterion}), in steps of its logarithm");
        for (var bin = 0; bin < pruned.Length; bin++)
        {
            var gap = 0.08 * (edges[bin + 1] - edges[bin]);
            if (pruned[bin] > 0) drawing.Rectangle(Ink.Pruned, edges[bin] + gap, edges[bin + 1] - gap, 0, pruned[bin]);
            if (kept[bin] > 0) drawing.Rectangle(Ink.After, edges[bin] + gap, edges[bin + 1] - gap, pruned[bin], pruned[bin] + kept[bin]);
        }
        if (scores.Threshold is { } at && at >= x.From && at <= x.To) drawing.Dashed(Ink.Loss, new(at, 0), new(at, y.To));
        yield return drawing;
    }

    private static bool Drawable(ScoreHistogram scores) =>
        scores.Pruned.Length > 0 && scores.Kept.Length == scores.Pruned.Length && scores.Edges.Length == scores.Pruned.Length + 1
        && scores.Edges.All(double.IsFinite) && scores.Edges[^1] > scores.Edges[0];

    private static ImmutableArray<double> Whole(Scale scale) =>
        scale.Ticks.Count(double.IsInteger) >= 2 ? [.. scale.Ticks.Where(double.IsInteger)] : scale.Ticks;

    private static string Power(double exponent) =>
        exponent is 0 ? "1" : $"10{string.Concat(Numbers.Trimmed(exponent).Select(Raised))}";

    private static char Raised(char sign) => sign switch
    {
        '−' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        >= '0' and <= '9' => (char)('⁰' + (sign - '0')),
        _ => '·',
    };
}
