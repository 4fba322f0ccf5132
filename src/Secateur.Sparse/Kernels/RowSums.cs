using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>To what the whole numbers of each row of a matrix sum up, those above zero and those below apart.</summary>
/// <param name="Plus">[rows]</param>
/// <param name="Minus">[rows], not negative.</param>
internal sealed unsafe record RowSums(long[] Plus, long[] Minus)
{
    private const int Full = ushort.MaxValue / byte.MaxValue; // bytes whose sum two bytes hold

    /// <param name="rows">How many.</param>
    private RowSums(int rows) : this(new long[rows], new long[rows])
    {
    }

    public static RowSums Of(Compact compact)
    {
        var sums = new RowSums(compact.Rows);
        for (var row = 0; row < compact.Rows; row++)
            foreach (var value in compact.Values[compact.Starts[row]..compact.Starts[row + 1]])
            {
                if (value > 0) sums.Plus[row] += (long)value;
                else sums.Minus[row] -= (long)value;
            }
        return sums;
    }

    /// <summary>Of what a file holds of a weight of bytes, less their zero points.</summary>
    public static RowSums Of(SparseWeightBytes.Parts parts)
    {
        var sums = new RowSums(parts.Head.Rows);
        fixed (byte* values = parts.Values)
            for (var row = 0; row < parts.Head.Rows; row++)
                sums.Add(row, values + parts.Starts[row], parts.Starts[row + 1] - parts.Starts[row], parts.Zeros[row], parts.Zeros[row], parts.Head.Type == SparseWeightBytes.SignedByte);
        return sums;
    }

    /// <param name="bytes">A matrix of bytes.</param>
    /// <param name="zeros">[rows]: what each row's bytes are taken less.</param>
    public static RowSums Of(Dense bytes, ReadOnlySpan<byte> zeros)
    {
        var sums = new RowSums(bytes.Rows);
        if (bytes.ColumnStride != 1) sums.AddColumns(bytes, zeros);
        else
            for (var row = 0; row < bytes.Rows; row++) sums.Add(row, (byte*)bytes.Values + row * bytes.RowStride, bytes.Columns, 0, zeros[row], bytes.AreSigned);
        return sums;
    }

    /// <summary>Adds a row's elements.</summary>
    /// <param name="row">Which one.</param>
    /// <param name="elements">From the first on.</param>
    /// <param name="count">How many.</param>
    /// <param name="added">To each, modulo 256.</param>
    /// <param name="zero">And then less this.</param>
    /// <param name="signed">Whether from −128 to 127.</param>
    private void Add(int row, byte* elements, int count, byte added, byte zero, bool signed)
    {
        var flip = (byte)(signed ? 0x80 : 0); // a signed byte is as far from another one as both are with their signs turned and none
        var (flips, zeros, more) = (Vector512.Create(flip), Vector512.Create((byte)(zero ^ flip)), Vector512.Create(added));
        var i = 0;
        while (i + Vector512<byte>.Count <= count)
        {
            var (above, below) = (Vector512<ushort>.Zero, Vector512<ushort>.Zero);
            for (var some = 0; some < Full / 2 && i + Vector512<byte>.Count <= count; some++, i += Vector512<byte>.Count)
            {
                var element = Vector512.Load(elements + i) + more ^ flips;
                var (plus, minus) = (Vector512.Widen(Vector512.Max(element, zeros) - zeros), Vector512.Widen(zeros - Vector512.Min(element, zeros)));
                (above, below) = (above + plus.Lower + plus.Upper, below + minus.Lower + minus.Upper);
            }
            (Plus[row], Minus[row]) = (Plus[row] + Sum(above), Minus[row] + Sum(below));
        }
        for (; i < count; i++)
        {
            var number = ((byte)(elements[i] + added) ^ flip) - (zero ^ flip);
            if (number > 0) Plus[row] += number;
            else Minus[row] -= number;
        }
    }

    private static long Sum(Vector512<ushort> values)
    {
        var (low, high) = Vector512.Widen(values);
        return Vector512.Sum(low + high);
    }

    /// <summary>Adds all of a matrix that lies by columns.</summary>
    private void AddColumns(Dense bytes, ReadOnlySpan<byte> zeros)
    {
        var flip = (byte)(bytes.AreSigned ? 0x80 : 0);
        byte[] flipped = [.. zeros];
        for (var row = 0; row < flipped.Length; row++) flipped[row] ^= flip;
        var (above, below) = (new ushort[bytes.Rows], new ushort[bytes.Rows]);
        fixed (ushort* plus = above, minus = below)
        fixed (byte* zero = flipped)
            for (int column = 0, next; column < bytes.Columns; column = next)
            {
                next = Math.Min(bytes.Columns, column + Full);
                for (; column < next; column++) AddColumn((byte*)bytes.Values + column * bytes.ColumnStride, zero, flip, plus, minus, bytes.Rows);
                for (var row = 0; row < bytes.Rows; row++) (Plus[row], Minus[row], plus[row], minus[row]) = (Plus[row] + plus[row], Minus[row] + minus[row], 0, 0);
            }
    }

    private static void AddColumn(byte* elements, byte* zeros, byte flip, ushort* above, ushort* below, int rows)
    {
        var (flips, half, row) = (Vector512.Create(flip), Vector512<ushort>.Count, 0);
        for (; row + Vector512<byte>.Count <= rows; row += Vector512<byte>.Count)
        {
            var (element, zero) = (Vector512.Load(elements + row) ^ flips, Vector512.Load(zeros + row));
            var (plus, minus) = (Vector512.Widen(Vector512.Max(element, zero) - zero), Vector512.Widen(zero - Vector512.Min(element, zero)));
            (Vector512.Load(above + row) + plus.Lower).Store(above + row);
            (Vector512.Load(above + row + half) + plus.Upper).Store(above + row + half);
            (Vector512.Load(below + row) + minus.Lower).Store(below + row);
            (Vector512.Load(below + row + half) + minus.Upper).Store(below + row + half);
        }
        for (; row < rows; row++)
        {
            var number = (elements[row] ^ flip) - zeros[row];
            if (number > 0) above[row] += (ushort)number;
            else below[row] -= (ushort)number;
        }
    }
}
