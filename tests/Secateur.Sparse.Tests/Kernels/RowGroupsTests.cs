using CsCheck;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Tests.Kernels;

public sealed class RowGroupsTests
{
    private static readonly Gen<int> Rows = Gen.Int[1, 20];
    private static readonly Gen<int> Columns = Gen.Int[64, 400];

    [Fact]
    public void Rows_that_share_their_columns_are_together_wherever_they_lie() =>
        Gen.Select(Rows, Columns, Gen.OneOf(2, 4, 8, 16), Gen.OneOf(0.3, 0.7, 0.9), Gen.Int).Sample((groups, columns, height, sparsity, seed) =>
        {
            var random = new Random(seed);
            var weights = Draw.Weights(random, groups * height, columns, sparsity, height);
            using var beside = Draw.Csr(weights, groups * height, columns);
            using var apart = Draw.Csr(Draw.Apart(random, weights, columns), groups * height, columns);
            Assert.Equal(RowGroups.Neighbours(beside, height).Joined, RowGroups.Best(apart, height).Joined);
            Assert.True(RowGroups.Best(beside, height).AreNeighbours);
        }, iter: 200);

    [Fact]
    public void Rows_that_share_nearly_all_their_columns_are_together_too() =>
        Gen.Select(Gen.Int[8, 60], Gen.OneOf(2, 4), Gen.Int).Sample((groups, height, seed) =>
        {
            var random = new Random(seed);
            var (rows, columns) = (groups * height, 600);
            float[] weights = [.. Draw.Apart(random, Draw.Weights(random, rows, columns, 0.8, height), columns).Select(value => random.Next(30) == 0 ? 0 : value)];
            using var csr = Draw.Csr(weights, rows, columns);
            Assert.InRange((double)RowGroups.Best(csr, height).Joined * height / csr.Nonzero, 1, 1.35);
        }, iter: 60);

    [Fact]
    public void Every_row_has_one_place() =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[1, 200], Gen.OneOf(1, 2, 4, 8, 16), Gen.OneOf(Draw.Sparsities), Gen.OneOf(1, 3, 4), Gen.Int).Sample((rows, columns, height, sparsity, shared, seed) =>
        {
            var random = new Random(seed);
            using var csr = Draw.Csr(Draw.Apart(random, Draw.Weights(random, rows, columns, sparsity, shared), columns), rows, columns);
            var best = RowGroups.Best(csr, height);
            Assert.Equal(Enumerable.Range(0, rows), best.Order.Order());
            if (height > 1 && Sketches.Of(csr).Group(height) is { } found) Assert.Equal(Enumerable.Range(0, rows), found.Order.Order());
            Assert.True(best.Joined <= RowGroups.Neighbours(csr, height).Joined);
            using var places = best.Places();
            Assert.Equal(Enumerable.Range(0, best.Count * height), Enumerable.Range(0, best.Count * height).Select(place => places[place]).Order());
        }, iter: 200);

    /// <summary>Some rows, drawn at random, are looked at first.</summary>
    [Theory]
    [InlineData(2), InlineData(4), InlineData(16)]
    public void In_a_large_matrix_too(int height)
    {
        var (random, rows, columns) = (new Random(height), 8192, 300);
        var weights = Draw.Weights(random, rows, columns, 0.9, height);
        using var apart = Draw.Csr(Draw.Apart(random, weights, columns), rows, columns);
        Assert.InRange((double)RowGroups.Best(apart, height).Joined * height / apart.Nonzero, 1, 1.02);
        using var unlike = Draw.Csr(Draw.Weights(random, rows, columns, 0.9), rows, columns);
        Assert.True(RowGroups.Best(unlike, height).AreNeighbours);
    }

    [Fact]
    public unsafe void The_census_tells_what_the_packed_forms_take() =>
        Gen.Select(Gen.Int[4, 20], Gen.Int[64, 2000], Gen.OneOf(0.7, 0.9), Gen.OneOf(2, 4, 16), Gen.Bool, Gen.Int).Sample((groups, columns, sparsity, height, byColumns, seed) =>
        {
            var (random, rows) = (new Random(seed), groups * 16);
            var weights = Draw.Apart(random, Draw.Weights(random, rows, columns, sparsity, height), columns);
            using var csr = Draw.Csr(weights, rows, columns);
            float[] turned = byColumns ? [.. Enumerable.Range(0, weights.Length).Select(i => weights[i % rows * columns + i / rows])] : weights;
            fixed (float* values = turned)
            {
                var census = Census.Of(byColumns ? Dense.ByColumns(values, rows, columns) : Dense.ByRows(values, rows, columns));
                Assert.Equal(csr.Nonzero, census.Nonzero);
                if (csr.Nonzero == 0) return;
                Assert.InRange((double)census.Pairs / RowGroups.Best(csr, 2).Joined, 0.9, 1.1);
                if (height >= 4) Assert.InRange((double)census.Fours / RowGroups.Best(csr, 4).Joined, 0.9, 1.1);
                if (height >= 16) Assert.InRange((double)census.Sixteens / RowGroups.Best(csr, 16).Joined, 0.9, 1.1);
            }
        }, iter: 100);
}
