using CsCheck;
using Secateur.Structure.Latency;

namespace Secateur.Tests.Structure.Latency;

public sealed class LatencyGridTests
{
    private static readonly int[] Widths = [8, 16, 32, 48, 64];

    private static LatencyGrid Grid(Func<int, int, double> latency)
    {
        var measured = new double[Widths.Length, Widths.Length];
        for (var row = 0; row < Widths.Length; row++)
            for (var column = 0; column < Widths.Length; column++) measured[row, column] = latency(Widths[row], Widths[column]);
        return new([2, 0], [[.. Widths], [.. Widths]], measured);
    }

    [Fact]
    public void A_product_of_widths_is_told_exactly() // as linear in each
    {
        var grid = Grid((rows, columns) => 0.5 + 0.01 * rows * columns);
        for (var rows = 8; rows <= 64; rows++)
            for (var columns = 8; columns <= 64; columns += 3) Assert.Equal(0.5 + 0.01 * rows * columns, grid.At([columns, 999, rows]), 1e-9);
    }

    [Fact]
    public void It_never_rises_when_a_group_shrinks_whatever_was_measured() =>
        Gen.Select(Gen.Double[0, 1].Array[25], Gen.Int[1, 64], Gen.Int[1, 64], Gen.Int[0, 20], Gen.Int[0, 20]).Sample((noise, rows, columns, fewerRows, fewerColumns) =>
        {
            var grid = Grid((row, column) => noise[5 * Array.IndexOf(Widths, row) + Array.IndexOf(Widths, column)]);
            Assert.True(grid.At([Math.Max(1, columns - fewerColumns), 0, Math.Max(1, rows - fewerRows)]) <= grid.At([columns, 0, rows]) + 1e-12);
        });

    [Fact]
    public void Under_the_narrowest_that_was_measured_it_stays() => Assert.Equal(64, Grid((rows, columns) => rows * columns).At([1, 0, 1]), 1e-9);

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(12, new[] { 2, 3, 6, 9, 12 })]
    [InlineData(16, new[] { 8, 16 })]
    [InlineData(64, new[] { 8, 16, 32, 48, 64 })]
    [InlineData(100, new[] { 16, 24, 48, 72, 100 })]
    [InlineData(512, new[] { 64, 128, 256, 384, 512 })]
    public void Widths_are_all_and_multiples_of_eight_where_there_are_enough(int units, int[] widths) => Assert.Equal(widths, LatencyGrid.Widths(units));
}
