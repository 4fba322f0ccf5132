using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>A drawing of named rows from top to bottom: row <c>index</c> lies at y = −index, its name at the left.</summary>
internal static class Rows
{
    private const int RowHeight = 22;
    private const int LongestName = 20;

    /// <param name="right">Room for what is written at the right of the rows.</param>
    public static Drawing Of(IReadOnlyList<string> names, Scale x, int right, string meaning)
    {
        var longest = names.Max(name => Math.Min(name.Length, LongestName));
        var y = new Scale(-names.Count + 0.5, 0.5, [], _ => "");
        var drawing = new Drawing(names.Count * RowHeight + 50, left: 14 + 7 * longest, right, top: 8, bottom: 42, x, y);
        drawing.MarkX(meaning);
        for (var row = 0; row < names.Count; row++)
        {
            var whole = names[row];
            drawing.Text(x.From, -row, Shortened(whole), Anchor.End, dx: -10, whole: whole.Length > LongestName ? whole : null);
        }
        return drawing;
    }

    /// <summary>The ends of a layer's name tell it apart, so the middle goes.</summary>
    public static string Shortened(string name)
    {
        if (name.Length <= LongestName) return name;
        var (head, tail) = (LongestName / 2, LongestName - LongestName / 2 - 1);
        if (char.IsHighSurrogate(name[head - 1])) head--;
        if (char.IsLowSurrogate(name[^tail])) tail--;
        return $"{name[..head]}…{name[^tail..]}";
    }

    /// <summary>Rows in charts of at most <paramref name="most"/>, of about equal height.</summary>
    public static IEnumerable<ImmutableArray<T>> Split<T>(ImmutableArray<T> rows, int most)
    {
        if (rows.Length == 0) return [];
        var charts = (rows.Length + most - 1) / most;
        var each = (rows.Length + charts - 1) / charts;
        return rows.Chunk(each).Select(chunk => chunk.ToImmutableArray());
    }
}
