using System.Numerics;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>A few numbers of each row, by which rows with the same columns, or nearly the same, find each other wherever they lie.</summary>
/// <remarks>
/// Two rows with the same columns have the same sum of the columns' random numbers. How alike two others are is told by the least random number in each of eight classes
/// of columns, which agree as often as the rows share columns: Li, Owen, Zhang, "One Permutation Hashing", NIPS 2012 (arXiv:1208.1259).
/// </remarks>
internal sealed class Sketches
{
    private const int Classes = 8;
    private const double Drawn = 6;    // times the root of the number of rows: so many are looked at first
    private const int Tried = 32;      // rows that one is compared with, at most, in each band
    private const double Alike = 0.75; // least share of classes that agree, of those that have columns
    private const int LeastColumns = 256, LeastNonzero = 48; // that are looked at, and what a row should have among them

    private readonly int[] _counts;  // nonzeros of each row, of those that were looked at
    private readonly ulong[] _sums;
    private readonly uint[] _least;  // [rows, classes]
    private (int[] Order, double Joined)? _pairs;
    private bool _looked;            // for pairs: where there are none, there are no larger groups

    /// <param name="rows">Of the matrix.</param>
    public Sketches(int rows)
    {
        (_counts, _sums, _least) = (new int[rows], new ulong[rows], new uint[rows * Classes]);
        Array.Fill(_least, uint.MaxValue);
    }

    /// <summary>Of the first columns, as many as tell rows apart.</summary>
    public static Sketches Of(Csr csr)
    {
        var (sketches, end) = (new Sketches(csr.Rows), Sample(csr.Rows, csr.Columns, csr.Nonzero));
        for (var row = 0; row < csr.Rows; row++)
            foreach (var column in csr.ColumnsOf(row))
            {
                if (column >= end) break;
                sketches.Add(row, column);
            }
        return sketches;
    }

    /// <inheritdoc cref="Of(Csr)"/>
    /// <param name="matrix">All of it.</param>
    /// <param name="nonzero">How much of it is not zero.</param>
    public static Sketches Of(Dense matrix, long nonzero)
    {
        var (sketches, end) = (new Sketches(matrix.Rows), Sample(matrix.Rows, matrix.Columns, nonzero));
        var byRows = matrix.ColumnStride == 1;
        var (slow, fast) = byRows ? (matrix.Rows, end) : (end, matrix.Rows);
        for (var s = 0; s < slow; s++)
        {
            var line = s * (byRows ? matrix.RowStride : matrix.ColumnStride);
            for (var first = 0; first < fast; first += Dense.Width)
                for (var some = matrix.Mask(line + first, Math.Min(Dense.Width, fast - first)); some != 0; some &= some - 1)
                {
                    var f = first + BitOperations.TrailingZeroCount(some);
                    sketches.Add(byRows ? s : f, byRows ? f : s);
                }
        }
        return sketches;
    }

    /// <summary>So many columns, from the first on, are looked at.</summary>
    public static int Sample(int rows, int columns, long nonzero) => (int)Math.Min(columns, Math.Max(LeastColumns, (double)LeastNonzero * rows * columns / Math.Max(1, nonzero)));

    /// <summary>Nonzeros that were looked at.</summary>
    public long Nonzero => _counts.Sum(count => (long)count);

    /// <summary>Notes a nonzero.</summary>
    public void Add(int row, int column)
    {
        var mixed = Mix(column);
        _counts[row]++;
        _sums[row] += mixed;
        ref var least = ref _least[row * Classes + (int)(mixed % Classes)];
        least = Math.Min(least, (uint)(mixed >> 32));
    }

    /// <summary>All rows, those side by side that belong together: whole groups first, each of neighbours as far as can be.</summary>
    /// <param name="height">Rows of a group, at least 2.</param>
    /// <returns>Rows, and the columns, of those looked at, that all groups have together, about; null where no two rows belong together.</returns>
    public (int[] Order, double Joined)? Group(int height)
    {
        if (!_looked) (_pairs, _looked) = (MayPair() ? Grouped(2) : null, true);
        return height == 2 || _pairs is null ? _pairs : Grouped(height);
    }

    /// <summary>Whether any two of some rows, drawn at random, agree: of pairs about 18 would, of larger groups more. Sorting all rows takes as long as packing them.</summary>
    private bool MayPair()
    {
        var drawn = Drawn * Math.Sqrt(_counts.Length) / _counts.Length;
        int[] rows = [.. Enumerable.Range(0, _counts.Length).Where(row => _counts[row] > 0 && Mix(~row) < drawn * ulong.MaxValue)];
        return rows.DistinctBy(row => _sums[row]).Count() < rows.Length
            || Enumerable.Range(0, Classes / 2).Any(pair => rows.Where(row => Has(row, 2 * pair)).GroupBy(row => Key(row, 2 * pair)).Any(same => same.Skip(1).Any(row => Likeness(same.First(), row) >= Alike)));
    }

    private (int[] Order, double Joined)? Grouped(int height)
    {
        var (groups, left, joined) = (new List<int[]>(), new List<int>(), 0.0);
        int[] sorted = [.. Enumerable.Range(0, _counts.Length)];
        Array.Sort((ulong[])_sums.Clone(), sorted);
        for (int from = 0, to = 0; from < sorted.Length; from = to)
        {
            while (to < sorted.Length && _sums[sorted[to]] == _sums[sorted[from]]) to++;
            Array.Sort(sorted, from, to - from);
            var whole = (to - from) / height * height;
            for (var at = from; at < from + whole; at += height) groups.Add(sorted[at..(at + height)]);
            left.AddRange(sorted[(from + whole)..to]);
            joined += whole / height * (double)_counts[sorted[from]];
        }
        for (var band = 0; band < Classes && left.Count >= height; band += 2) joined += GroupAlike(left, band, height, groups);
        if (groups.Count == 0) return null;
        left.Sort();
        groups.Sort((one, other) => one[0].CompareTo(other[0]));
        return ([.. groups.SelectMany(group => group), .. left], joined + left.Sum(row => (double)_counts[row]));
    }

    /// <summary>Takes out of what is left groups of rows that agree in two classes, and in most others too.</summary>
    /// <returns>The columns that they have together, about.</returns>
    private double GroupAlike(List<int> left, int band, int height, List<int[]> groups)
    {
        int[] rows = [.. left.Where(row => Has(row, band))];
        var keys = Array.ConvertAll(rows, row => Key(row, band));
        Array.Sort(keys, rows);
        var (taken, joined) = (new bool[_counts.Length], 0.0);
        var group = new List<int>(height);
        for (var at = 0; at < rows.Length; at++)
        {
            if (at + 1 == rows.Length || keys[at + 1] != keys[at] || taken[rows[at]]) continue;
            group.Clear();
            group.Add(rows[at]);
            var columns = (double)_counts[rows[at]];
            for (var next = at + 1; next < Math.Min(rows.Length, at + Tried) && group.Count < height && keys[next] == keys[at]; next++)
            {
                if (taken[rows[next]] || Likeness(rows[at], rows[next]) is var likeness && likeness < Alike) continue;
                group.Add(rows[next]);
                columns += _counts[rows[next]] * (1 - likeness) / (1 + likeness);
            }
            if (group.Count < height) continue;
            group.Sort();
            groups.Add([.. group]);
            foreach (var row in group) taken[row] = true;
            joined += columns;
        }
        left.RemoveAll(row => taken[row]);
        return joined;
    }

    /// <summary>Whether a row has columns in a class and in the next one.</summary>
    private bool Has(int row, int band) => _least[row * Classes + band] != uint.MaxValue && _least[row * Classes + band + 1] != uint.MaxValue;

    private ulong Key(int row, int band) => (ulong)_least[row * Classes + band] << 32 | _least[row * Classes + band + 1];

    /// <summary>The share of columns that two rows have in common, of those that either has, about.</summary>
    private double Likeness(int one, int other)
    {
        var (here, there) = (Vector256.LoadUnsafe(ref _least[one * Classes]), Vector256.LoadUnsafe(ref _least[other * Classes]));
        var agree = BitOperations.PopCount(Vector256.Equals(here, there).ExtractMostSignificantBits());
        var none = BitOperations.PopCount(Vector256.Equals(here & there, Vector256<uint>.AllBitsSet).ExtractMostSignificantBits());
        return none == Classes ? 1 : (double)(agree - none) / (Classes - none);
    }

    /// <summary>Random bits of a column, the same always (SplitMix64, Steele et al. 2014).</summary>
    private static ulong Mix(int column)
    {
        var bits = ((ulong)column + 1) * 0x9E3779B97F4A7C15;
        bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
        return bits ^ bits >> 31;
    }
}
