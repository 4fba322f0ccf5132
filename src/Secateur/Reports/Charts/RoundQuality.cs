using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>Held-out quality after each round, beside the dense model's.</summary>
internal sealed class RoundQuality : Chart
{
    public override string Title => "Held-out quality over the rounds";

    public override string Describe(PruneResult result)
    {
        var measure = new Measure(result.Metric);
        return Measured(result) is [var first, .., var last]
            ? $"{measure.Write(first.Quality)} after round {first.Round}, "
                + $"{measure.Write(last.Quality)} after round {last.Round}{Dense(result, measure)}."
            : "One round or none.";
    }

    public override ImmutableArray<LegendEntry> Legend(PruneResult result) => result.HeldOut is null
        ? [new(Ink.After, "dot", "pruned")]
        : [new(Ink.After, "dot", "pruned"), new(Ink.Before, "dash", "dense model")];

    public override IEnumerable<Drawing> Draw(PruneResult result)
    {
        var (rounds, measure) = (Measured(result), new Measure(result.Metric));
        if (rounds.Count == 0) yield break;
        var dense = result.HeldOut is { Before: var before } && double.IsFinite(before) ? before : double.NaN;
        var scale = Scale.Around([.. rounds.Select(round => round.Quality), dense], measure.Tick, measure.LeastSpan);
        var drawing = RoundAxis.Draw(rounds, scale, $"held-out {result.Metric}");
        if (double.IsFinite(dense)) drawing.Dashed(Ink.Before, new(drawing.X.From, dense), new(drawing.X.To, dense));
        drawing.Line(Ink.After, 2.5f, [.. rounds.Select(round => new ScottPlot.Coordinates(round.Round, round.Quality))]);
        foreach (var round in rounds) drawing.Dot(Ink.After, round.Round, round.Quality, 9);
        yield return drawing;
    }

    private static List<RoundResult> Measured(PruneResult result) => [.. result.Rounds.Where(round => double.IsFinite(round.Quality))];

    private static string Dense(PruneResult result, Measure measure) =>
        result.HeldOut is { } quality ? $"; the dense model {measure.Write(quality.Before)}" : "";
}
