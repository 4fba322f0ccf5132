using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>A mostly zero matrix in five bytes for each nonzero: its value, and how many columns it lies behind the one before it in its row.</summary>
/// <remarks>
/// What waits here to be packed for a vector's width, and what files hold. Where there are more than 255 columns between two nonzeros, zeros are put between them: whatever
/// reads the entries passes over them. Whoever made it disposes it.
/// </remarks>
internal sealed unsafe class Compact : IDisposable
{
    private const int Farthest = SparseWeightBytes.Farthest;

    private readonly Native<float> _values;
    private readonly Native<byte> _steps;

    /// <param name="starts">[rows + 1]: entries before each row's, and of all.</param>
    /// <param name="columns">Of the matrix.</param>
    public Compact(int[] starts, int columns)
    {
        (Starts, Columns) = (starts, columns);
        (_values, _steps) = (new(starts[^1]), new(starts[^1]));
    }

    /// <param name="matrix">The elements that are not zero are kept.</param>
    /// <param name="factor">By which each is multiplied.</param>
    public static Compact Of(Dense matrix, float factor = 1)
    {
        var starts = new int[matrix.Rows + 1];
        Scan(matrix, starts.AsSpan(1), factor, null);
        for (var row = 0; row < matrix.Rows; row++) starts[row + 1] = checked(starts[row] + starts[row + 1]);
        var compact = new Compact(starts, matrix.Columns);
        Scan(matrix, starts[..^1], factor, compact);
        return compact;
    }

    /// <summary>What a file holds; of bytes, less their zero points.</summary>
    public static Compact Of(SparseWeightBytes.Parts parts)
    {
        var compact = new Compact(parts.Starts.ToArray(), parts.Head.Columns);
        parts.Steps.CopyTo(compact.Steps);
        if (parts.Head.Type == SparseWeightBytes.Float)
        {
            parts.Values.CopyTo(MemoryMarshal.AsBytes(compact.Values));
            return compact;
        }
        var signed = parts.Head.Type == SparseWeightBytes.SignedByte;
        for (var row = 0; row < compact.Rows; row++)
        {
            var zero = parts.Zeros[row];
            for (var at = parts.Starts[row]; at < parts.Starts[row + 1]; at++)
            {
                var element = (byte)(parts.Values[at] + zero);
                compact._values.Pointer[at] = signed ? (sbyte)element - (sbyte)zero : element - zero;
            }
        }
        return compact;
    }

    public int Rows => Starts.Length - 1;
    public int Columns { get; }

    /// <summary>Values, and zeros between those that are far apart.</summary>
    public int Entries => Starts[^1];

    /// <summary>[rows + 1]</summary>
    public int[] Starts { get; }

    public Span<float> Values => new(_values.Pointer, Entries);

    /// <summary>1 to 255 from one entry to the next; from before the first column to a row's first one.</summary>
    public Span<byte> Steps => new(_steps.Pointer, Entries);

    public long Bytes => _values.Bytes + _steps.Bytes + (long)Starts.Length * sizeof(int);

    /// <summary>Makes of each value the nearest of a kind; leaves all as they are where one is beyond its range.</summary>
    /// <param name="kind">Of floats.</param>
    public void Round(ValueKind kind)
    {
        if (kind == ValueKind.Float32) return;
        foreach (var value in Values)
            if (!float.IsFinite(value) || Math.Abs(value) > PackedValues.Most(kind)) return;
        foreach (ref var value in Values) value = PackedValues.Rounded(value, kind);
    }

    /// <summary>What is not zero.</summary>
    public Csr ToCsr()
    {
        var counts = new int[Rows];
        for (var row = 0; row < Rows; row++) counts[row] = Nonzeros(Starts[row], Starts[row + 1]);
        var (csr, next) = (new Csr(counts, Columns), 0);
        var columns = csr.FirstColumn;
        var values = csr.FirstValue;
        for (var row = 0; row < Rows; row++)
        {
            var (column, from, behind) = (-1, Starts[row], Starts[row + 1]);
            var hasZeros = counts[row] < behind - from;
            if (!hasZeros) Values[from..behind].CopyTo(new Span<float>(values + next, counts[row]));
            for (var at = from; at < behind; at++)
            {
                column += _steps.Pointer[at];
                columns[next] = column;
                if (hasZeros) values[next] = _values.Pointer[at]; // a zero is written over
                next += hasZeros && _values.Pointer[at] == 0 ? 0 : 1;
            }
        }
        return csr;
    }

    /// <summary>How many of some entries are not zero.</summary>
    private int Nonzeros(int from, int behind)
    {
        var (count, at) = (0, from);
        for (; at + Vector512<float>.Count <= behind; at += Vector512<float>.Count) count += BitOperations.PopCount(~Vector512.Equals(Vector512.Load(_values.Pointer + at), Vector512<float>.Zero).ExtractMostSignificantBits() & 0xFFFF);
        for (; at < behind; at++) count += _values.Pointer[at] != 0 ? 1 : 0;
        return count;
    }

    /// <summary>Some rows alone.</summary>
    public Compact Part(int from, int behind)
    {
        var part = new Compact([.. Starts[from..(behind + 1)].Select(start => start - Starts[from])], Columns);
        Values[Starts[from]..Starts[behind]].CopyTo(part.Values);
        Steps[Starts[from]..Starts[behind]].CopyTo(part.Steps);
        return part;
    }

    /// <summary>Multiplies each row by a factor of its own, or all by one.</summary>
    public Compact Times(params ReadOnlySpan<float> factors)
    {
        for (var row = 0; row < Rows; row++)
            if (factors[factors.Length == 1 ? 0 : row] is not 1 and var factor)
                foreach (ref var value in Values[Starts[row]..Starts[row + 1]]) value *= factor;
        return this;
    }

    public void Dispose()
    {
        _values.Dispose();
        _steps.Dispose();
    }

    /// <summary>Walks through all elements as they lie in memory, some at a time.</summary>
    /// <param name="matrix">All of it.</param>
    /// <param name="next">[rows]: grows by the entries of each row; where they are written, from where they begin.</param>
    /// <param name="factor">Of values.</param>
    /// <param name="to">Gets them; null where they are only counted.</param>
    private static void Scan(Dense matrix, Span<int> next, float factor, Compact? to)
    {
        if (matrix.ColumnStride == 1) ByRows(matrix, next, factor, to);
        else if (to is null) CountByColumns(matrix, next);
        else ColumnTiles.Write(matrix, next, factor, to._values.Pointer, to._steps.Pointer);
    }

    private static void ByRows(Dense matrix, Span<int> next, float factor, Compact? to)
    {
        for (var row = 0; row < matrix.Rows; row++)
        {
            var line = row * matrix.RowStride;
            var (at, before) = (next[row], -1);
            for (var first = 0; first < matrix.Columns; first += Dense.Width)
            {
                var some = matrix.Mask(line + first, Math.Min(Dense.Width, matrix.Columns - first));
                if (some == 0) continue;
                if (to is null)
                {
                    at += (first + BitOperations.TrailingZeroCount(some) - before - 1) / Farthest + BitOperations.PopCount(some); // only the first of them may be far
                    before = first + BitOperations.Log2(some);
                    continue;
                }
                for (; some != 0; some &= some - 1)
                {
                    var column = first + BitOperations.TrailingZeroCount(some);
                    at = to.Put(at, column - before, matrix[line + column] * factor);
                    before = column;
                }
            }
            next[row] = at;
        }
    }

    private static void CountByColumns(Dense matrix, Span<int> next)
    {
        var before = new int[matrix.Rows];
        Array.Fill(before, -1);
        for (var column = 0; column < matrix.Columns; column++)
        {
            var line = column * matrix.ColumnStride;
            for (var first = 0; first < matrix.Rows; first += Dense.Width)
            {
                var some = matrix.Mask(line + first, Math.Min(Dense.Width, matrix.Rows - first));
                if (first + Dense.Width <= matrix.Rows && TryCount(some, column, ref before[first], ref next[first])) continue;
                for (; some != 0; some &= some - 1)
                {
                    var row = first + BitOperations.TrailingZeroCount(some);
                    next[row] += (column - before[row] - 1) / Farthest + 1;
                    before[row] = column;
                }
            }
        }
    }

    /// <summary>Counts an entry for each of <see cref="Dense.Width"/> rows that has an element in a column.</summary>
    /// <returns>False, with nothing done, where one of them is farther from the one before it than a step.</returns>
    private static bool TryCount(ulong some, int column, ref int before, ref int next)
    {
        var bits = Vector512.Create(1, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15);
        var (here, far) = (Vector512.Create(column), Vector512<int>.Zero);
        for (var row = 0; row < Dense.Width; row += 16) far |= Vector512.GreaterThan(here - Vector512.LoadUnsafe(ref before, (nuint)row) & Has(row), Vector512.Create(Farthest));
        if (far != Vector512<int>.Zero) return false;
        for (var row = 0; row < Dense.Width; row += 16)
        {
            Vector512.ConditionalSelect(Has(row), here, Vector512.LoadUnsafe(ref before, (nuint)row)).StoreUnsafe(ref before, (nuint)row);
            (Vector512.LoadUnsafe(ref next, (nuint)row) - Has(row)).StoreUnsafe(ref next, (nuint)row);
        }
        return true;

        Vector512<int> Has(int row) => Vector512.Equals(Vector512.Create((int)(some >> row)) & bits, bits);
    }

    /// <returns>Where the next one goes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Put(int at, int step, float value)
    {
        for (; step > Farthest; step -= Farthest) _steps.Pointer[at++] = Farthest; // and a value of zero
        (_steps.Pointer[at], _values.Pointer[at]) = ((byte)step, value);
        return at + 1;
    }
}
