using System.Collections.Immutable;

namespace Secateur.Reports.Sections;

/// <summary>One other way to be as small.</summary>
/// <param name="Ours">This run's quality less the baseline's.</param>
internal sealed record BaselineRow(string Name, string Value, string Ours, string Nonzero, string Seconds, string Note);

/// <summary>What the same data and budget give by other means; none where they were not run.</summary>
internal static class Baselines
{
    public static ImmutableArray<BaselineRow> Of(PruneResult result)
    {
        var measure = new Measure(result.Metric);
        return [.. result.Baselines.Select(baseline => new BaselineRow(baseline.Name,
            baseline.Value is { } value ? measure.Write(value) : "not made",
            baseline.Value is { } other && result.Quality is { } quality ? measure.Change(other, quality.After) : Numbers.None,
            Numbers.Count(baseline.Nonzero), Numbers.Seconds(baseline.Seconds), baseline.Note))];
    }
}
