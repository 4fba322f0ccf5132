using CsCheck;
using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Tests.Layers;

public sealed class ChainTests
{
    private static readonly Gen<int> Size = Gen.OneOf(Gen.Int[1, 40], Gen.Int[1, 300], Gen.OneOf(31, 32, 33, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1025, 2049, 4097));
    private static readonly Gen<int> Tokens = Gen.OneOf(Gen.Int[1, 20], Gen.Int[1, 200], Gen.OneOf(4, 8, 9, 15, 16, 17, 63, 64, 65, 128, 600));

    [Theory, MemberData(nameof(Levels))]
    public void Equals_the_dense_loop(int level) =>
        Gen.Select(Size, Size, Tokens, Gen.OneOf(Draw.Sparsities), Gen.OneOf(1, 2, 4, 16), Gen.Bool, Gen.Int).Where((rows, columns, tokens, _, _, _, _) => (long)rows * columns * tokens < 20_000_000)
            .Sample((rows, columns, tokens, sparsity, height, apart, seed) =>
            {
                var random = new Random(seed);
                var weights = Draw.Weights(random, rows, columns, sparsity, height);
                if (apart) weights = Draw.Apart(random, weights, columns);
                var (bias, x) = (Draw.Values(random, rows), Draw.Values(random, tokens * columns));
                using var chain = new Chain([new(Draw.Compact(weights, rows, columns), bias, Activation.None, Level.All[level])]);
                var (expected, sizes) = Reference.Product(weights, bias, x, rows, columns, tokens);
                Near(expected, sizes, Run(chain, x, tokens));
            }, iter: 60, threads: 1);

    [Theory, MemberData(nameof(Levels))]
    public void Layers_are_one_after_the_other_with_bias_activation_and_residual(int level) =>
        Gen.Select(Gen.Int[1, 150].Array[4], Tokens, Gen.OneOf(0.5, 0.9, 0.98), Gen.Int).Sample((sizes, tokens, sparsity, seed) =>
        {
            var random = new Random(seed);
            var x = Draw.Values(random, tokens * sizes[0]);
            var activations = new Activation[] { Activation.Relu, new(ActivationKind.Tanh), new(ActivationKind.Gelu) };
            var products = new List<Product>();
            var (now, was) = (x.Select(value => (double)value).ToArray(), 0);
            for (var at = 0; at < 3; at++)
            {
                var (rows, columns) = (sizes[at + 1], sizes[at]);
                var weights = Draw.Weights(random, rows, columns, sparsity);
                var bias = Draw.Values(random, rows);
                products.Add(new(Draw.Compact(weights, rows, columns), bias, activations[at], Level.All[level]));
                var (values, _) = Reference.Product(weights, bias, [.. now.Select(value => (float)value)], rows, columns, tokens);
                now = [.. values.Select(value => Reference.Apply(activations[at], value))];
                was = rows;
            }
            var residual = Draw.Values(random, tokens * was);
            using var chain = new Chain([.. products]);
            var y = Run(chain, x, tokens, residual, Activation.Relu);
            for (var i = 0; i < y.Length; i++) Assert.Equal(Math.Max(0, now[i] + residual[i]), y[i], 2e-5 * Math.Max(1, Math.Abs(now[i])));
        }, iter: 40, threads: 1);

    [Theory, MemberData(nameof(Levels))]
    public void Rows_packed_together_far_apart_get_their_own_bias_and_activation(int level)
    {
        foreach (var (tokens, height) in new[] { (1, 16), (3, 4), (40, 4), (70, 2), (70, 4), (130, 16) })
        {
            var random = new Random(tokens);
            var (rows, columns) = (403, 300);
            var weights = Draw.Apart(random, Draw.Weights(random, rows, columns, 0.5, height), columns);
            var (bias, x) = (Draw.Values(random, rows), Draw.Values(random, tokens * columns));
            var (expected, sizes) = Reference.Product(weights, bias, x, rows, columns, tokens);
            foreach (var kind in new[] { ActivationKind.None, ActivationKind.Relu, ActivationKind.Elu })
            {
                using var product = new Product(Draw.Compact(weights, rows, columns), bias, new(kind, 1), Level.All[level]);
                using var chain = new Chain([product]);
                var y = Run(chain, x, tokens); // in pieces where there are many tokens
                Assert.Equal(height == 2 ? "2x1" : "4x1", product.Many.Format);
                Assert.False(product.Many.AreNeighbours);
                Near([.. expected.Select(value => Reference.Apply(new(kind, 1), value))], sizes, y);
            }
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void What_is_no_number_reaches_the_outputs_that_read_it(int level)
    {
        var random = new Random(3);
        var weights = Draw.Weights(random, 90, 70, 0.9);
        foreach (var tokens in new[] { 1, 3, 9, 70 })
            foreach (var odd in new[] { float.NaN, float.PositiveInfinity })
            {
                var x = Draw.Values(random, tokens * 70);
                x[(tokens - 1) * 70 + 41] = odd;
                using var chain = new Chain([new(Draw.Compact(weights, 90, 70), new float[90], Activation.Relu, Level.All[level])]);
                var y = Run(chain, x, tokens);
                for (var row = 0; row < 90; row++)
                    if (weights[row * 70 + 41] is not 0 and var weight && (weight > 0 || float.IsNaN(odd))) Assert.False(float.IsFinite(y[(tokens - 1) * 90 + row]));
                Assert.All(y[..((tokens - 1) * 90)], value => Assert.True(float.IsFinite(value)));
            }
    }

    [Fact]
    public void Packed_weights_are_what_they_were() =>
        Gen.Select(Size, Size, Gen.OneOf(Draw.Sparsities), Gen.OneOf(1, 2, 4), Gen.Int).Where((rows, columns, _, _, _) => rows * columns < 1_000_000).Sample((rows, columns, sparsity, height, seed) =>
        {
            var random = new Random(seed);
            using var csr = Draw.Csr(Draw.Apart(random, Draw.Weights(random, rows, columns, sparsity, height), columns), rows, columns);
            foreach (var level in Level.All)
            {
                var lines = random.Next(2) == 0 ? null : new Lines([.. Enumerable.Range(0, 2 * columns).OrderBy(_ => random.Next()).Take(columns)]);
                using var unstructured = new Unstructured(csr, default, level, lines);
                using var grouped = new Grouped(csr, RowGroups.Best(csr, height == 1 ? 4 : height), default, lines);
                using var lookup = new Lookup(csr, default, level.Lanes);
                using var strips = new Strips(csr, RowGroups.Best(csr, level.Lanes), default, default);
                foreach (var again in new[] { unstructured.ToCsr(), grouped.ToCsr(), lookup.ToCsr(), strips.ToCsr() })
                {
                    Assert.Equal(csr.Starts, again.Starts);
                    for (var row = 0; row < rows; row++)
                    {
                        Assert.Equal(csr.ColumnsOf(row), again.ColumnsOf(row));
                        Assert.Equal(csr.ValuesOf(row), again.ValuesOf(row));
                    }
                }
            }
        }, iter: 40, threads: 1);

    /// <summary>Whatever came before: one form is made from the other.</summary>
    [Theory, MemberData(nameof(Levels))]
    public void Answers_do_not_depend_on_which_tokens_came_first(int level)
    {
        var random = new Random(5);
        foreach (var (height, scaled) in new[] { (1, false), (4, false), (16, false), (1, true), (16, true) })
        {
            var (rows, columns) = (90, 700);
            float[] scales = scaled ? Draw.Values(random, rows) : [];
            float[] weights = [.. Draw.Weights(random, rows, columns, 0.8, height).Select((value, i) => scaled ? MathF.Round(127 * value) * scales[i / columns] : value)];
            int[] counts = [1, 9, 16, 32, 70]; // for few tokens, for a narrow tile, for wide ones: which is which depends on the level
            float[][] x = [.. counts.Select(tokens => Draw.Values(random, tokens * columns))];
            float[][][] answers = [.. new[] { counts, [.. counts.Reverse()], [16, 70, 1, 32, 9] }.Select(order =>
            {
                using var chain = new Chain([new(Draw.Compact(weights, rows, columns), default, Activation.None, Level.All[level], scales)]);
                var made = order.ToDictionary(tokens => tokens, tokens => Run(chain, x[Array.IndexOf(counts, tokens)], tokens));
                return counts.Select(tokens => made[tokens]).ToArray();
            })];
            Assert.All(answers, one => Assert.Equal(answers[0], one));
        }
    }

    public static TheoryData<int> Levels => [.. Enumerable.Range(0, Level.All.Length)];

    private static unsafe float[] Run(Chain chain, float[] x, int tokens, float[]? residual = null, Activation? last = null)
    {
        using var input = new Guarded(x);
        using var output = new Guarded(new float[tokens * chain.Rows]);
        using var added = residual is null ? null : new Guarded(residual);
        chain.Run(input.Pointer, output.Pointer, added is null ? null : added.Pointer, last ?? Activation.None, tokens, Workers.Alone);
        return output.ToArray();
    }

    internal static void Near(double[] expected, double[] sizes, float[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
            if (!(Math.Abs(expected[i] - actual[i]) <= 1e-5 * sizes[i] + 1e-37)) Assert.Fail($"output {i} of {expected.Length} is {actual[i]:R}, not {expected[i]:R}");
    }
}
