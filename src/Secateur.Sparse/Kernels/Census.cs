using System.Numerics;

namespace Secateur.Sparse.Kernels;

/// <summary>How the nonzeros of a matrix lie: what the cost of each packed form follows from.</summary>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
/// <param name="Nonzero">Elements that are not zero.</param>
/// <param name="Pairs">Columns of two rows that are packed together, of which one is not zero.</param>
/// <param name="Fours">The same of four rows.</param>
/// <param name="Sixteens">Of sixteen.</param>
internal readonly record struct Census(int Rows, int Columns, long Nonzero, long Pairs, long Fours, long Sixteens)
{
    private const double MostDense = 0.7; // no packed form is worth it
    private const double Enough = 1.02;   // elements for each nonzero

    public double Density => Rows == 0 || Columns == 0 ? 0 : (double)Nonzero / Rows / Columns;

    /// <summary>Reads every element once, and those of some columns again where neighbours share few: others might.</summary>
    public static Census Of(Dense matrix)
    {
        var census = new Census(matrix.Rows, matrix.Columns, 0, 0, 0, 0);
        census = matrix.ColumnStride == 1 ? ByRows(matrix, census) : ByColumns(matrix, census);
        return census.Density > MostDense || census.Fours * 4 <= Enough * census.Nonzero ? census : census.Regrouped(matrix);
    }

    /// <summary>What rows that need not be neighbours have in common, as far as <see cref="Sketches"/> tell.</summary>
    private Census Regrouped(Dense matrix)
    {
        var sketches = Sketches.Of(matrix, Nonzero);
        var share = Nonzero / (double)Math.Max(1, sketches.Nonzero);
        return sketches.Group(2) is null ? this : this with
        {
            Pairs = Joined(2, Pairs),
            Fours = Joined(4, Fours),
            Sixteens = Joined(16, Sixteens),
        };

        long Joined(int height, long neighbours) => sketches.Group(height) is { } found ? (long)Math.Min(neighbours, found.Joined * share) : neighbours;
    }

    /// <summary>Rows of a column side by side.</summary>
    private static Census ByColumns(Dense matrix, Census census)
    {
        var (nonzero, pairs, fours, sixteens) = (0L, 0L, 0L, 0L);
        for (var column = 0; column < matrix.Columns; column++)
        {
            var line = column * matrix.ColumnStride;
            for (var row = 0; row < matrix.Rows; row += Dense.Width)
            {
                var some = matrix.Mask(line + row, Math.Min(Dense.Width, matrix.Rows - row));
                nonzero += BitOperations.PopCount(some);
                some |= some >> 1;
                pairs += BitOperations.PopCount(some & 0x5555555555555555);
                some |= some >> 2;
                fours += BitOperations.PopCount(some & 0x1111111111111111);
                some |= some >> 4;
                some |= some >> 8;
                sixteens += BitOperations.PopCount(some & 0x0001000100010001);
            }
        }
        return census with { Nonzero = nonzero, Pairs = pairs, Fours = fours, Sixteens = sixteens };
    }

    /// <summary>Columns of a row side by side, sixteen rows below each other.</summary>
    private static unsafe Census ByRows(Dense matrix, Census census)
    {
        var (nonzero, pairs, fours, sixteens) = (0L, 0L, 0L, 0L);
        var rows = stackalloc ulong[16];
        for (var first = 0; first < matrix.Rows; first += 16)
            for (var column = 0; column < matrix.Columns; column += Dense.Width)
            {
                var width = Math.Min(Dense.Width, matrix.Columns - column);
                for (var row = 0; row < 16; row++) rows[row] = first + row < matrix.Rows ? matrix.Mask((first + row) * matrix.RowStride + column, width) : 0;
                var all = 0UL;
                for (var row = 0; row < 16; row += 4)
                {
                    var (upper, lower) = (rows[row] | rows[row + 1], rows[row + 2] | rows[row + 3]);
                    nonzero += BitOperations.PopCount(rows[row]) + BitOperations.PopCount(rows[row + 1]) + BitOperations.PopCount(rows[row + 2]) + BitOperations.PopCount(rows[row + 3]);
                    pairs += BitOperations.PopCount(upper) + BitOperations.PopCount(lower);
                    fours += BitOperations.PopCount(upper | lower);
                    all |= upper | lower;
                }
                sixteens += BitOperations.PopCount(all);
            }
        return census with { Nonzero = nonzero, Pairs = pairs, Fours = fours, Sixteens = sixteens };
    }
}
