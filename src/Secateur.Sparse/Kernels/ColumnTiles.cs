using System.Numerics;

namespace Secateur.Sparse.Kernels;

/// <summary>The nonzeros of a matrix that lies by columns, row by row: a tile of it is copied to where it is near, and bits that tell its nonzeros are turned, so that a row's entries are written one after the other.</summary>
internal static unsafe class ColumnTiles
{
    private const int Side = Dense.Width; // columns of a tile, and rows that are turned together
    private const int Line = 512;         // bytes of a column that are read together

    /// <summary>Writes the entries of a <see cref="Compact"/>.</summary>
    /// <param name="matrix">By columns.</param>
    /// <param name="next">[rows]: where each row's entries begin; ends where the next one's do.</param>
    /// <param name="factor">Of values.</param>
    /// <param name="values">Zero at first.</param>
    /// <param name="steps">As many.</param>
    public static void Write(Dense matrix, Span<int> next, float factor, float* values, byte* steps)
    {
        var size = matrix.AreBytes ? 1 : sizeof(float);
        var wide = Line / size; // rows of a tile
        var tile = stackalloc byte[Side * Line];
        var near = matrix with { Values = (nint)tile };
        var masks = stackalloc ulong[Side];
        var before = stackalloc int[Line];
        var numbers = stackalloc float[byte.MaxValue + 1]; // of bytes
        for (var one = 0; matrix.AreBytes && one <= byte.MaxValue; one++) numbers[one] = (matrix.AreSigned ? (sbyte)one - (sbyte)matrix.Zero : one - matrix.Zero) * factor;
        for (var block = 0; block < matrix.Rows; block += wide)
        {
            var rows = Math.Min(wide, matrix.Rows - block);
            new Span<int>(before, rows).Fill(-1);
            for (var first = 0; first < matrix.Columns; first += Side)
            {
                var columns = Math.Min(Side, matrix.Columns - first);
                for (var column = 0; column < columns; column++)
                    Buffer.MemoryCopy((byte*)matrix.Values + ((first + column) * matrix.ColumnStride + block) * size, tile + column * Line, Line, rows * size);
                for (var part = 0; part < rows; part += Side)
                {
                    var high = Math.Min(Side, rows - part);
                    for (var column = 0; column < Side; column++) masks[column] = column < columns ? near.Mask(column * wide + part, high) : 0;
                    Turn(masks);
                    for (var row = part; row < part + high; row++)
                    {
                        var some = masks[row - part];
                        if (some == 0) continue;
                        ref var at = ref next[block + row];
                        var (to, last) = (at, before[row] - first);
                        for (var step = BitOperations.TrailingZeroCount(some) - last; step > SparseWeightBytes.Farthest; step -= SparseWeightBytes.Farthest) // and a value of zero; the others are near
                        {
                            steps[to++] = SparseWeightBytes.Farthest;
                            last += SparseWeightBytes.Farthest;
                        }
                        if (size == 1)
                            for (var of = tile + row; some != 0; some &= some - 1, to++)
                            {
                                var column = BitOperations.TrailingZeroCount(some);
                                steps[to] = (byte)(column - last);
                                values[to] = numbers[of[column * Line]];
                                last = column;
                            }
                        else
                            for (var of = (float*)tile + row; some != 0; some &= some - 1, to++)
                            {
                                var column = BitOperations.TrailingZeroCount(some);
                                steps[to] = (byte)(column - last);
                                values[to] = of[column * (Line / sizeof(float))] * factor;
                                last = column;
                            }
                        (at, before[row]) = (to, last + first);
                    }
                }
            }
        }
    }

    /// <summary>Bit i of number j changes places with bit j of number i, of 64 (Warren, Hacker's Delight, 2nd ed., 7-3).</summary>
    private static void Turn(ulong* bits)
    {
        var mask = (ulong)uint.MaxValue;
        for (var size = Side / 2; size > 0; size /= 2, mask ^= mask << size)
            for (var at = 0; at < Side; at = at + size + 1 & ~size)
            {
                var other = (bits[at] >> size ^ bits[at + size]) & mask;
                bits[at] ^= other << size;
                bits[at + size] ^= other;
            }
    }
}
