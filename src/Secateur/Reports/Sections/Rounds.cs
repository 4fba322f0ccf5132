using System.Collections.Immutable;
using System.Globalization;

namespace Secateur.Reports.Sections;

internal sealed record RoundRow(string Round, string Target, string Sparsity, string Quality, string Loss, string Seconds);

internal sealed record FrontierRow(string Sparsity, string Quality, string Change, string Verdict);

/// <summary>The way to the result: its rounds, and what a search tried.</summary>
internal sealed record Rounds(ImmutableArray<RoundRow> Rows, ImmutableArray<FrontierRow> Frontier)
{
    public static Rounds Of(PruneResult result)
    {
        var measure = new Measure(result.Metric);
        return new(
            [.. result.Rounds.Select(round => new RoundRow(round.Round.ToString(CultureInfo.InvariantCulture),
                Numbers.Percent(round.TargetSparsity, 2), Numbers.Percent(round.Sparsity, 2),
                measure.Write(round.Quality), Numbers.Trimmed(round.Loss), Numbers.Seconds(round.Seconds)))],
            [.. result.Frontier.OrderBy(point => point.Sparsity).Select(point => new FrontierRow(Numbers.Percent(point.Sparsity, 2),
                measure.Write(point.Quality), measure.Change(point.Quality + point.Drop, point.Quality), point.Met ? "met" : "missed"))]);
    }
}
