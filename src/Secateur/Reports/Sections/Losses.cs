using System.Collections.Immutable;
using System.Globalization;

namespace Secateur.Reports.Sections;

/// <summary>One example that suffered.</summary>
/// <param name="Picture">A <c>data:</c> address, or null.</param>
/// <param name="BarBefore">The probability as a CSS width in per cent.</param>
internal sealed record LossCard(
    string Example, string? Picture, string Expected, string Before, string After, bool Wrong,
    string ProbabilityBefore, string ProbabilityAfter, string BarBefore, string BarAfter);

/// <summary>The examples that lost most, with their pictures.</summary>
internal static class Losses
{
    public static ImmutableArray<LossCard> Of(PruneResult result) => [.. result.LargestLosses.Select(loss => new LossCard(
        loss.Example,
        loss.Picture is { Length: > 0 } picture ? $"data:image/png;base64,{Convert.ToBase64String(picture)}" : null,
        loss.Expected, loss.Before, loss.After, loss.After != loss.Expected,
        Numbers.Percent(loss.ProbabilityBefore), Numbers.Percent(loss.ProbabilityAfter),
        Bar(loss.ProbabilityBefore), Bar(loss.ProbabilityAfter)))];

    private static string Bar(double probability) =>
        (double.IsFinite(probability) ? Math.Clamp(probability, 0, 1) * 100 : 0).ToString("0.##", CultureInfo.InvariantCulture);
}
