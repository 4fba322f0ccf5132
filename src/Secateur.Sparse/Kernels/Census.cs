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

    /// <summary>Sixteen rows of a column side by side.</summary>
    private static Census ByColumns(Dense matrix, Census census)
    {
        for (var column = 0; column < matrix.Columns; column++)
        {
            var line = column * matrix.ColumnStride;
            for (var row = 0; row < matrix.Rows; row += 16)
            {
                var some = matrix.Mask(line + row, Math.Min(16, matrix.Rows - row));
                if (some == 0) continue;
                var pairs = some | some >> 1;
                census = census with
                {
                    Nonzero = census.Nonzero + BitOperations.PopCount(some),
                    Pairs = census.Pairs + BitOperations.PopCount(pairs & 0x5555),
                    Fours = census.Fours + BitOperations.PopCount((pairs | pairs >> 2) & 0x1111),
                    Sixteens = census.Sixteens + 1,
                };
            }
        }
        return census;
    }

    /// <summary>Sixteen columns of a row side by side, sixteen rows below each other.</summary>
    private static unsafe Census ByRows(Dense matrix, Census census)
    {
        var rows = stackalloc uint[16];
        for (var first = 0; first < matrix.Rows; first += 16)
            for (var column = 0; column < matrix.Columns; column += 16)
            {
                var width = Math.Min(16, matrix.Columns - column);
                for (var row = 0; row < 16; row++) rows[row] = first + row < matrix.Rows ? matrix.Mask((first + row) * matrix.RowStride + column, width) : 0;
                long nonzero = 0, pairs = 0, fours = 0;
                var all = 0u;
                for (var row = 0; row < 16; row += 4)
                {
                    var (upper, lower) = (rows[row] | rows[row + 1], rows[row + 2] | rows[row + 3]);
                    nonzero += BitOperations.PopCount(rows[row]) + BitOperations.PopCount(rows[row + 1]) + BitOperations.PopCount(rows[row + 2]) + BitOperations.PopCount(rows[row + 3]);
                    pairs += BitOperations.PopCount(upper) + BitOperations.PopCount(lower);
                    fours += BitOperations.PopCount(upper | lower);
                    all |= upper | lower;
                }
                census = census with { Nonzero = census.Nonzero + nonzero, Pairs = census.Pairs + pairs, Fours = census.Fours + fours, Sixteens = census.Sixteens + BitOperations.PopCount(all) };
            }
        return census;
    }
}
