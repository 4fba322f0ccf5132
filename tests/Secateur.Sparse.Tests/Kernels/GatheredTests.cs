using System.Runtime.Intrinsics;
using CsCheck;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Tests.Kernels;

public sealed unsafe class GatheredTests
{
    /// <summary>Rows of few nonzeros lie farther apart than a byte tells.</summary>
    [Fact]
    public void Adds_what_is_beyond_the_steps() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 3000], Gen.Int[0, 3], Gen.OneOf(0.5, 0.9, 0.99, 0.999), Gen.Bool, Gen.Int).Sample((rows, columns, steps, sparsity, whole, seed) =>
        {
            var random = new Random(seed);
            var weights = Draw.Weights(random, rows, columns, sparsity);
            if (whole) weights = [.. weights.Select(value => MathF.Round(value * 127))];
            Run<Simd1, float>(random, weights, rows, columns, steps, whole);
            Run<Simd128, Vector128<float>>(random, weights, rows, columns, steps, whole);
            if (Simd256.IsSupported) Run<Simd256, Vector256<float>>(random, weights, rows, columns, steps, whole);
            if (Simd512.IsSupported) Run<Simd512, Vector512<float>>(random, weights, rows, columns, steps, whole);
        }, iter: 60, threads: 1);

    [Theory]
    [InlineData(0.4, "Float32"), InlineData(0.4, "Int8"), InlineData(0.9, "Float32")]
    public void Large_matrices_are_gathered_and_equal_the_dense_loop(double sparsity, string kind)
    {
        var (rows, columns, tokens) = (1800, 3000, 3);
        var random = new Random(5);
        var weights = Draw.Weights(random, rows, columns, sparsity);
        if (kind == "Int8") weights = [.. weights.Select(value => MathF.Round(value * 127))];
        using var csr = Draw.Csr(weights, rows, columns);
        var (bias, x) = (Draw.Values(random, rows), Draw.Values(random, tokens * columns));
        var (expected, sizes) = Reference.Product(weights, bias, x, rows, columns, tokens);
        foreach (var level in Level.All)
        {
            using var lookup = new Lookup(csr, bias, level.Lanes);
            Assert.Equal(kind, lookup.Kind.ToString());
            Assert.Equal(sparsity < 0.5, LookupPlan.Best(csr, 2 * level.Lanes, PackedValues.BytesOf(lookup.Kind) + 1).IsFar);
            var padded = new float[tokens * lookup.Padded];
            for (var token = 0; token < tokens; token++) x.AsSpan(token * columns, columns).CopyTo(padded.AsSpan(token * lookup.Padded));
            using var from = new Guarded(padded);
            using var to = new Guarded(new float[tokens * rows]);
            level.Run(lookup, from.Pointer, to.Pointer, rows, tokens, false, 0, lookup.Groups);
            Layers.ChainTests.Near(expected, sizes, to.ToArray());
            using var again = lookup.ToCsr();
            Assert.Equal(csr.Starts, again.Starts);
            Assert.All(Enumerable.Range(0, rows), row => Assert.True(csr.ColumnsOf(row).SequenceEqual(again.ColumnsOf(row)) && csr.ValuesOf(row).SequenceEqual(again.ValuesOf(row))));
        }
    }

    private static void Run<S, V>(Random random, float[] weights, int rows, int columns, int steps, bool whole) where S : ISimd<V> where V : unmanaged
    {
        var width = 2 * S.Lanes;
        using var csr = Draw.Csr(weights, rows, columns);
        var plan = new LookupPlan([.. Enumerable.Range(0, rows).OrderBy(_ => random.Next())], false, [.. Enumerable.Repeat(steps, (rows + width - 1) / width)], [], true);
        using var gathered = new Gathered(csr, plan, S.Lanes, whole ? ValueKind.Int8 : ValueKind.Float32);
        var x = Draw.Values(random, 2 * columns);
        using var from = new Guarded(x);
        for (var group = 0; group < plan.Steps.Length; group++)
        {
            var sums = Draw.Values(random, 2 * width);
            var was = sums.ToArray();
            fixed (float* to = sums)
            {
                if (whole) gathered.Run<S, V, Two, WholeNumbers>(from.Pointer, columns, to, group, null, null, null);
                else gathered.Run<S, V, Two, Floats>(from.Pointer, columns, to, group, null, null, null);
            }
            for (var lane = 0; lane < width; lane++)
                for (var token = 0; token < 2; token++)
                {
                    var (sum, size) = ((double)was[token * width + lane], 1.0);
                    if (group * width + lane < rows)
                    {
                        var row = plan.Rows[group * width + lane];
                        foreach (var strip in Enumerable.Range(0, columns).Where(column => weights[row * columns + column] != 0).GroupBy(column => column / width))
                            foreach (var column in strip.Skip(steps))
                            {
                                var product = (double)weights[row * columns + column] * x[token * columns + column];
                                (sum, size) = (sum + product, size + Math.Abs(product));
                            }
                    }
                    Assert.Equal(sum, sums[token * width + lane], 1e-5 * size);
                }
        }
    }
}
