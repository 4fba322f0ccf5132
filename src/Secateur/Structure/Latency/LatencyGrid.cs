using System.Collections.Immutable;

namespace Secateur.Structure.Latency;

/// <summary>Latency over the widths of up to two groups: measured at a grid, linear between its points, never rising when a group shrinks.</summary>
internal sealed class LatencyGrid
{
    private static readonly ImmutableArray<double> Shares = [0.125, 0.25, 0.5, 0.75];

    private readonly ImmutableArray<int> groups;
    private readonly ImmutableArray<ImmutableArray<int>> widths; // rising
    private readonly double[,] values; // [first group's widths, second's]

    /// <param name="groups">One or two.</param>
    /// <param name="widths">Of each, rising.</param>
    /// <param name="measured">By widths of the first and of the second group, [n, m] or [n, 1].</param>
    public LatencyGrid(ImmutableArray<int> groups, ImmutableArray<ImmutableArray<int>> widths, double[,] measured)
    {
        (this.groups, this.widths) = (groups, widths);
        values = Monotone(measured);
    }

    /// <summary>The widths to measure: all units, and some fewer in multiples of 8, on which fast kernels are built.</summary>
    public static ImmutableArray<int> Widths(int units) =>
        [.. Shares.Select(share => Round(units * share, units)).Append(units).Where(width => width <= units).Distinct().Order()];

    /// <summary>Beyond the fewest units that were measured the latency stays.</summary>
    public double At(ReadOnlySpan<int> kept)
    {
        var (row, down) = Place(widths[0], kept[groups[0]]);
        var (column, across) = groups.Length > 1 ? Place(widths[1], kept[groups[1]]) : (0, 0);
        return double.Lerp(Between(row), Between(Math.Min(row + 1, values.GetLength(0) - 1)), down);

        double Between(int line) => double.Lerp(values[line, column], values[line, Math.Min(column + 1, values.GetLength(1) - 1)], across);
    }

    private static int Round(double width, int units) =>
        units < 16 ? Math.Max(1, (int)Math.Round(width, MidpointRounding.AwayFromZero)) : Math.Max(8, 8 * (int)Math.Round(width / 8, MidpointRounding.AwayFromZero));

    private static (int Place, double Share) Place(ImmutableArray<int> widths, int kept)
    {
        if (kept <= widths[0]) return (0, 0);
        var place = 0;
        while (place < widths.Length - 2 && kept > widths[place + 1]) place++;
        return widths.Length == 1 ? (0, 0) : (place, Math.Min(1, (double)(kept - widths[place]) / (widths[place + 1] - widths[place])));
    }

    /// <summary>The mean of the highest that any narrower and the lowest that any wider one was measured at.</summary>
    private static double[,] Monotone(double[,] measured)
    {
        var (rows, columns) = (measured.GetLength(0), measured.GetLength(1));
        var (high, low) = ((double[,])measured.Clone(), (double[,])measured.Clone());
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
            {
                if (row > 0) high[row, column] = Math.Max(high[row, column], high[row - 1, column]);
                if (column > 0) high[row, column] = Math.Max(high[row, column], high[row, column - 1]);
            }
        for (var row = rows - 1; row >= 0; row--)
            for (var column = columns - 1; column >= 0; column--)
            {
                if (row < rows - 1) low[row, column] = Math.Min(low[row, column], low[row + 1, column]);
                if (column < columns - 1) low[row, column] = Math.Min(low[row, column], low[row, column + 1]);
            }
        var made = new double[rows, columns];
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++) made[row, column] = (high[row, column] + low[row, column]) / 2;
        return made;
    }
}
