using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>Sparsity after each round, and what the schedule asked for.</summary>
internal sealed class RoundSparsity : Chart
{
    public override string Title => "Sparsity over the rounds";

    public override string Describe(PruneResult result) => result.Rounds is [var first, .., var last]
        ? $"From {Numbers.Percent(first.Sparsity)} after round {first.Round} to {Numbers.Percent(last.Sparsity)} after round {last.Round}."
        : "One round or none.";

    public override ImmutableArray<LegendEntry> Legend(PruneResult result) =>
        [new(Ink.After, "dot", "reached"), new(Ink.Before, "ring", "asked for")];

    public override IEnumerable<Drawing> Draw(PruneResult result)
    {
        var rounds = result.Rounds.Where(round => double.IsFinite(round.Sparsity)).ToList();
        if (rounds.Count == 0) yield break;
        var drawing = RoundAxis.Draw(rounds, Scale.Exactly(0, 1.04, value => Numbers.Percent(value, 0)), "sparsity");
        drawing.Line(Ink.After, 2.5f, [.. rounds.Select(round => new ScottPlot.Coordinates(round.Round, round.Sparsity))]);
        foreach (var round in rounds)
        {
            if (double.IsFinite(round.TargetSparsity)) drawing.Ring(Ink.Before, round.Round, round.TargetSparsity, 12);
            drawing.Dot(Ink.After, round.Round, round.Sparsity, 7);
        }
        yield return drawing;
    }
}
