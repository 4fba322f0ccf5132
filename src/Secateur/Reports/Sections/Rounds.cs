using System.Collections.Immutable;
using System.Globalization;

namespace Secateur.Reports.Sections;

internal sealed record RoundRow(string Round, string Target, string Sparsity, string Quality, string Loss, string Seconds);

internal sealed record FrontierRow(string Sparsity, string Quality, string Change, string Verdict);

internal sealed record DroppedRow(string Name, string Round, string Loss, string Quality, string Cost);

/// <summary>The way to the result: its rounds, what a search tried, and the layers that went one by one.</summary>
internal sealed record Rounds(ImmutableArray<RoundRow> Rows, ImmutableArray<FrontierRow> Frontier, ImmutableArray<DroppedRow> Dropped)
{
    public static Rounds Of(PruneResult result)
    {
        var measure = new Measure(result.Metric);
        return new(
            [.. result.Rounds.Select(round => new RoundRow(round.Round.ToString(CultureInfo.InvariantCulture),
                Numbers.Percent(round.TargetSparsity, 2), Numbers.Percent(round.Sparsity, 2),
                measure.Write(round.Quality), Numbers.Trimmed(round.Loss), Numbers.Seconds(round.Seconds)))],
            [.. result.Frontier.OrderBy(point => point.Sparsity).Select(point => new FrontierRow(Numbers.Percent(point.Sparsity, 2),
                measure.Write(point.Quality), measure.Change(point.Quality + point.Drop, point.Quality), point.Met ? "met" : "missed"))],
            [.. result.LayersDropped.Select(layer => new DroppedRow(layer.Name, layer.Round.ToString(CultureInfo.InvariantCulture),
                layer.Loss is { } loss ? Numbers.Trimmed(loss) : "", layer.Quality is { } quality ? measure.Write(quality) : "", Numbers.Percent(layer.Cost, 2)))]);
    }
}
