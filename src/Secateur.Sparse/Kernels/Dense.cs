using System.Numerics;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>A matrix as it lies in memory: element (row, column) is Values[row · RowStride + column · ColumnStride], and one of the strides is 1.</summary>
internal readonly unsafe record struct Dense(nint Values, int Rows, int Columns, long RowStride, long ColumnStride)
{
    /// <param name="values">[rows, columns]</param>
    public static Dense ByRows(float* values, int rows, int columns) => new((nint)values, rows, columns, columns, 1);

    /// <param name="values">[columns, rows]</param>
    public static Dense ByColumns(float* values, int rows, int columns) => new((nint)values, rows, columns, 1, rows);

    /// <summary>The elements that are not zero, by rows, in the order of their columns, each times a factor.</summary>
    public Csr ToCsr(float factor = 1)
    {
        var (slow, fast) = ColumnStride == 1 ? (Rows, Columns) : (Columns, Rows);
        var counts = new int[Rows];
        for (var s = 0; s < slow; s++)
        {
            var line = (float*)Values + (long)s * fast;
            for (var f = Next(line, 0, fast); f < fast; f = Next(line, f + 1, fast)) counts[ColumnStride == 1 ? s : f]++;
        }
        var csr = new Csr(counts, Columns);
        var next = csr.Starts.AsSpan(0, Rows).ToArray();
        for (var s = 0; s < slow; s++)
        {
            var line = (float*)Values + (long)s * fast;
            for (var f = Next(line, 0, fast); f < fast; f = Next(line, f + 1, fast))
            {
                var (row, column) = ColumnStride == 1 ? (s, f) : (f, s);
                csr.Put(next[row]++, column, line[f] * factor);
            }
        }
        return csr;
    }

    /// <summary>The first element from here on that is not zero, or the end.</summary>
    public static int Next(float* line, int from, int end)
    {
        for (; from + 8 <= end; from += 8)
        {
            var zero = Vector256.Equals(Vector256.Load(line + from), Vector256<float>.Zero).ExtractMostSignificantBits();
            if (zero != 0xFF) return from + BitOperations.TrailingZeroCount(~zero);
        }
        for (; from < end; from++) if (line[from] != 0) return from;
        return end;
    }
}
