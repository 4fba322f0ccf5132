using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>A matrix as it lies in memory, of floats, or of bytes less a zero point: element (row, column) is that at row · RowStride + column · ColumnStride, and one of the strides is 1.</summary>
internal readonly unsafe record struct Dense(nint Values, int Rows, int Columns, long RowStride, long ColumnStride)
{
    /// <summary>Elements that <see cref="Mask"/> looks at together.</summary>
    public const int Width = 64;

    /// <summary>Of which <see cref="Zero"/> is zero; else floats.</summary>
    public bool AreBytes { get; init; }

    /// <summary>Whether bytes are from −128 to 127.</summary>
    public bool AreSigned { get; init; }

    /// <summary>A byte of either kind.</summary>
    public byte Zero { get; init; }

    /// <param name="at">An element's place.</param>
    public float this[long at]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !AreBytes ? ((float*)Values)[at] : AreSigned ? ((sbyte*)Values)[at] - (sbyte)Zero : ((byte*)Values)[at] - Zero;
    }

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

    /// <summary>A bit for each of up to <see cref="Width"/> elements: whether it is not zero.</summary>
    /// <param name="at">The first one's place; the others lie behind it.</param>
    /// <param name="count">1 to <see cref="Width"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Mask(long at, int count) => count < Width ? Some(at, count)
        : AreBytes ? ~Vector512.Equals(Vector512.Load((byte*)Values + at), Vector512.Create(Zero)).ExtractMostSignificantBits()
        : Sixteen(at) | Sixteen(at + 16) << 16 | Sixteen(at + 32) << 32 | Sixteen(at + 48) << 48;

    /// <summary>Some rows alone, of a matrix that lies by rows.</summary>
    public Dense Part(int from, int behind) => this with { Values = Values + (nint)(from * RowStride) * (AreBytes ? 1 : sizeof(float)), Rows = behind - from };

    private ulong Some(long at, int count)
    {
        var (mask, i) = (0UL, 0);
        for (; i + 16 <= count; i += 16) mask |= Sixteen(at + i) << i;
        for (; i < count; i++) mask |= this[at + i] != 0 ? 1UL << i : 0;
        return mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Sixteen(long at) => ~(AreBytes
        ? Vector128.Equals(Vector128.Load((byte*)Values + at), Vector128.Create(Zero)).ExtractMostSignificantBits()
        : (uint)Vector512.Equals(Vector512.Load((float*)Values + at), Vector512<float>.Zero).ExtractMostSignificantBits()) & 0xFFFF;
}
