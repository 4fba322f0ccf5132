using System.Collections.Immutable;

namespace Secateur.Reports.Sections;

/// <summary>The quality of one class, written.</summary>
/// <param name="Tone"><c>bad</c> where it fell.</param>
internal sealed record ClassRow(string Name, string Samples, string Before, string After, string Change, string Tone);

/// <summary>Quality in total and by class, the largest loss first.</summary>
internal sealed record Classes(string Total, string Agreement, string HeldOut, string Unit, ImmutableArray<ClassRow> Rows)
{
    public static Classes Of(PruneResult result)
    {
        var measure = new Measure(result.Metric);
        return new(
            result.Quality is { } quality ? Words(measure, result.Metric, quality) : "",
            result.Agreement is { } agreement
                ? $"Dense and pruned model give the same answer on {Numbers.Percent(agreement, 2)} of the test examples."
                : "",
            result.HeldOut is { } heldOut ? $"On the held-out part, which took the decisions: {Words(measure, result.Metric, heldOut)}" : "",
            measure.Unit,
            [.. result.Slices.OrderByDescending(slice => slice.Before - slice.After)
                .ThenBy(slice => slice.Slice, StringComparer.Ordinal)
                .Select(slice => Row(measure, slice))]);
    }

    private static ClassRow Row(Measure measure, SliceResult slice) =>
        new(slice.Slice, Numbers.Count(slice.Samples), measure.Write(slice.Before), measure.Write(slice.After),
            measure.ShortChange(slice.Before, slice.After), slice.After < slice.Before ? "bad" : "");

    private static string Words(Measure measure, string metric, Quality quality) =>
        $"{metric} {measure.Write(quality.Before)} before, {measure.Write(quality.After)} after "
        + $"({measure.Change(quality.Before, quality.After)}).";
}
