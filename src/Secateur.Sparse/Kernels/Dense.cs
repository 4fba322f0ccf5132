using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>A matrix as it lies in memory: element (row, column) is Values[row · RowStride + column · ColumnStride], and one of the strides is 1.</summary>
internal readonly unsafe record struct Dense(nint Values, int Rows, int Columns, long RowStride, long ColumnStride)
{
    /// <summary>Elements that <see cref="Mask"/> looks at together.</summary>
    public const int Width = 16;

    /// <param name="values">[rows, columns]</param>
    public static Dense ByRows(float* values, int rows, int columns) => new((nint)values, rows, columns, columns, 1);

    /// <param name="values">[columns, rows]</param>
    public static Dense ByColumns(float* values, int rows, int columns) => new((nint)values, rows, columns, 1, rows);

    /// <summary>The elements that are not zero, by rows, in the order of their columns, each times a factor.</summary>
    public Csr ToCsr(float factor = 1)
    {
        using var compact = Compact.Of(this, factor);
        return compact.ToCsr();
    }

    /// <summary>A bit for each of up to <see cref="Width"/> floats: whether it is not zero.</summary>
    /// <param name="from">The first one.</param>
    /// <param name="count">1 to <see cref="Width"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Mask(float* from, int count)
    {
        if (count == Width) return ~(Zeros(from) | Zeros(from + 8) << 8) & 0xFFFF;
        var mask = 0u;
        for (var i = 0; i < count; i++) mask |= from[i] != 0 ? 1u << i : 0;
        return mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Zeros(float* from) => Vector256.Equals(Vector256.Load(from), Vector256<float>.Zero).ExtractMostSignificantBits();
}
