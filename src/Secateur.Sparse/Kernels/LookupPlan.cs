using System.Numerics;

namespace Secateur.Sparse.Kernels;

/// <summary>Which rows have lanes side by side in a <see cref="Lookup"/>, and how many of their nonzeros of each strip of columns are looked up: that which costs least.</summary>
/// <param name="Rows">The row of each lane of each group; those behind the last have none.</param>
/// <param name="IsNatural">Whether rows are in their own order.</param>
/// <param name="Steps">Of each group, for each strip.</param>
/// <param name="Beyond">Nonzeros of each group beyond them.</param>
/// <param name="IsFar">Whether all is so large that it comes from memory each time: bytes cost most then.</param>
internal sealed record LookupPlan(int[] Rows, bool IsNatural, int[] Steps, int[] Beyond, bool IsFar)
{
    // In cycles of Zen 5; what each cache hands over in a cycle, in bytes, is of one core.
    private const double StepCycles = 3; // of two vectors
    private const double StripCycles = 2;
    private const double RestCycles = 6; // of one beyond the steps: each waits for the sum that it adds to
    private const double GatherCycles = 0.6; // of a gathered one, with what is filled in, beside what memory brings for later while it is (1.5 where nothing does)
    private const int RestBytes = 8;
    private const double ScatterCycles = 8; // of a row's sum for one token
    private const double Filled = 1.6; // slots for each nonzero, about
    private const int SecondCache = 1 << 20, ThirdCache = 4 << 20; // what stays there, though other layers' weights come between
    private const double SecondBytes = 64, ThirdBytes = 24, MemoryBytes = 8;

    /// <summary>Whether so many bytes of nonzeros come from memory each time, and what is beyond the steps is gathered.</summary>
    public static bool IsLarge(double bytes) => bytes * Filled >= ThirdCache;

    /// <param name="csr">The matrix.</param>
    /// <param name="width">Lanes of a group, and columns of a strip.</param>
    /// <param name="slot">Bytes of a value and of what tells its column.</param>
    public static LookupPlan Best(Csr csr, int width, double slot)
    {
        var far = IsLarge(csr.Nonzero * slot);
        var bandwidth = far ? MemoryBytes : csr.Nonzero * slot * Filled < SecondCache ? SecondBytes : ThirdBytes;
        var costs = (Step: Math.Max(StepCycles, width * slot / bandwidth), Single: far ? GatherCycles + slot / bandwidth : RestCycles + RestBytes / bandwidth);
        int[] natural = [.. Enumerable.Range(0, csr.Rows)];
        int[] sorted = [.. natural.OrderByDescending(row => csr.ColumnsOf(row).Length)];
        using var together = Together(csr, width);
        var (asTheyAre, byLength) = (Divide(csr, together, natural, width, costs), Divide(csr, together, sorted, width, costs));
        return asTheyAre.Cycles - byLength.Cycles < csr.Rows * ScatterCycles ? new(natural, true, asTheyAre.Steps, asTheyAre.Beyond, far) : new(sorted, false, byLength.Steps, byLength.Beyond, far);
    }

    private static (int[] Steps, int[] Beyond, double Cycles) Divide(Csr csr, Native<int> together, int[] rows, int width, (double Step, double Single) costs)
    {
        var (strips, total) = ((csr.Columns + width - 1) / width, 0.0);
        var steps = new int[(rows.Length + width - 1) / width];
        var beyond = new int[steps.Length];
        var counts = new int[width + 1]; // how many (row, strip) of a group have so many nonzeros
        for (var group = 0; group < steps.Length; group++)
        {
            Array.Clear(counts);
            foreach (var row in rows.AsSpan(group * width, Math.Min(width, rows.Length - group * width)))
                for (var count = 1; count <= width; count++) counts[count] += together[row * (width + 1L) + count];
            (steps[group], beyond[group], var cost) = Best(counts, strips, costs);
            total += cost;
        }
        return (steps, beyond, total);
    }

    /// <summary>[rows, width + 1]: in how many strips a row has so many nonzeros.</summary>
    private static unsafe Native<int> Together(Csr csr, int width)
    {
        var (together, shift) = (new Native<int>(csr.Rows * (width + 1L)), BitOperations.Log2((uint)width));
        for (var row = 0; row < csr.Rows; row++)
        {
            var counts = together.Pointer + row * (width + 1L);
            var (strip, run) = (-1, 0);
            foreach (var column in csr.ColumnsOf(row))
            {
                var other = column >> shift != strip ? 1 : 0; // no branch: nobody could guess it
                counts[run] += other;
                (strip, run) = (column >> shift, (run & other - 1) + 1);
            }
            counts[run]++;
        }
        return together;
    }

    /// <summary>The number of steps that costs least, how many nonzeros are beyond it, and what it costs.</summary>
    private static (int Steps, int Beyond, double Cost) Best(int[] counts, int strips, (double Step, double Single) costs)
    {
        var (best, steps, rest) = (double.PositiveInfinity, 0, 0);
        for (var tried = 0; tried < counts.Length; tried++)
        {
            var beyond = 0;
            for (var count = tried + 1; count < counts.Length; count++) beyond += counts[count] * (count - tried);
            var cost = strips * (tried * costs.Step + (tried > 0 ? StripCycles : 0)) + beyond * costs.Single;
            if (cost < best) (best, steps, rest) = (cost, tried, beyond);
        }
        return (steps, rest, best);
    }
}
