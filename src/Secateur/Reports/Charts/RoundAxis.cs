namespace Secateur.Reports.Charts;

/// <summary>The rounds from left to right, marked at whole numbers.</summary>
internal static class RoundAxis
{
    public static Drawing Draw(IReadOnlyList<RoundResult> rounds, Scale y, string meaning)
    {
        var (first, last) = (rounds.Min(round => round.Round), rounds.Max(round => round.Round));
        var scale = Scale.Exactly(first - 0.35, last + 0.35, Numbers.Trimmed, about: 8);
        var whole = scale.Ticks.Where(double.IsInteger).DefaultIfEmpty(first);
        var drawing = new Drawing(220, left: 58, right: 12, top: 34, bottom: 42, scale with { Ticks = [.. whole] }, y);
        drawing.MarkY(meaning);
        drawing.MarkX("round");
        return drawing;
    }
}
