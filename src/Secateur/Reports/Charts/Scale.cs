using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>One axis: where it begins and ends, where it is marked, and how its values are written.</summary>
internal sealed record Scale(double From, double To, ImmutableArray<double> Ticks, Func<double, string> Write)
{
    /// <summary>From exactly <paramref name="from"/> to <paramref name="to"/>, marked at round values within.</summary>
    public static Scale Exactly(double from, double to, Func<double, string> write, int about = 5) =>
        new(from, to, Round(from, to, about), write);

    /// <summary>A little wider than the finite ones of <paramref name="values"/>, so that no mark touches the frame.</summary>
    /// <param name="least">The span is at least this, so that a flat line is not blown up into mountains.</param>
    public static Scale Around(IEnumerable<double> values, Func<double, string> write, double least = 1e-9, int about = 5)
    {
        var finite = values.Where(double.IsFinite).ToList();
        var (low, high) = finite.Count == 0 ? (0, 1) : (finite.Min(), finite.Max());
        var span = Math.Max(high - low, Math.Max(least, Math.Abs(high) * 1e-9));
        if (!double.IsFinite(span)) (low, high, span) = (0, 1, 1);
        var middle = (low + high) / 2;
        return Exactly(middle - 0.6 * span, middle + 0.6 * span, write, about);
    }

    /// <summary>From zero to a little over the largest finite value.</summary>
    public static Scale FromZero(IEnumerable<double> values, Func<double, string> write, int about = 5)
    {
        var most = values.Where(double.IsFinite).DefaultIfEmpty(0).Max();
        return Exactly(0, most > 0 && double.IsFinite(most * 1.08) ? most * 1.08 : 1, write, about);
    }

    /// <summary>Multiples of 1, 2 or 5 times a power of ten: about so many, at least two where four are asked for.</summary>
    private static ImmutableArray<double> Round(double from, double to, int about)
    {
        var rough = (to - from) / about;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = power * ((rough / power) switch { <= 1.2 => 1, <= 2.5 => 2, <= 6 => 5, _ => 10 });
        var (first, last) = (Math.Ceiling(from / step - 1e-9), Math.Floor(to / step + 1e-9));
        return last - first is >= 0 and <= 50
            ? [.. Enumerable.Range(0, (int)(last - first) + 1).Select(index => (first + index) * step)]
            : [from, to];
    }
}
