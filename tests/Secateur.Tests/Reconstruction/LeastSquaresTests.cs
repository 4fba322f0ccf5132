using CsCheck;
using Secateur.Reconstruction;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Reconstruction;

public sealed class LeastSquaresTests
{
    private const double Slight = 1e-9; // damping that leaves nothing to see

    [Fact]
    public void Solves_systems_as_LibTorch_does() => Gen.Select(Gen.Int[1, 33], Gen.Int).Sample((n, seed) =>
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Second(n, 3 * n, seed), Random(seed + 1, n));
        var (work, x) = (a.data<double>().ToArray(), b.data<double>().ToArray());
        Assert.True(Cholesky.Solve(work, x));
        Assert.True(a.matmul(tensor(x)).allclose(b, 1e-6, 1e-6));
    }, iter: 50);

    [Fact]
    public void A_matrix_that_is_not_positive_is_told() => Assert.False(Cholesky.Solve([1, 0, 2, 1], [1, 1]));

    /// <summary>Steps for all outputs at once lead where elimination of each one does, inputs as alike as a layer's are.</summary>
    [Fact]
    public void Steps_come_as_near_as_they_are_told_to() => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 6], Gen.Double[0, 1], Gen.Int).Sample((n, rows, share, seed) =>
    {
        using var scope = NewDisposeScope();
        var h = Second(n, 2 * n, seed) + 3 + 0.01 * eye(n, dtype: ScalarType.Float64);
        var (wanted, keep) = (Random(seed + 1, rows, n), Random(seed + 2, rows, n).gt(share).to(ScalarType.Float64));
        var found = ConjugateGradients.Solve(h, wanted, keep, Random(seed + 3, rows, n), 1e-9);
        Assert.True(found.masked_select(keep.eq(0)).eq(0).all().item<bool>());
        Assert.True((found.matmul(h) * keep).allclose(wanted * keep, 1e-5, 1e-6));
    }, iter: 50);

    /// <summary>Outputs of which little stays are eliminated, those of which much does are found by steps.</summary>
    [Theory]
    [InlineData(0.8)]
    [InlineData(0.1)]
    public void A_layer_of_many_inputs_is_fitted_as_a_small_one(double pruned)
    {
        using var scope = NewDisposeScope();
        const int Columns = 700;
        var (x, weight) = (Random(1, 900, Columns).add_(1), Random(2, 3, Columns));
        var (second, keep) = (x.t().matmul(x) / 900, rand([3, Columns], ScalarType.Float64, generator: new Generator(3)).gt(pruned));
        var (ridge, fitted) = (second.diagonal().mean() * LeastSquares.Damping, LeastSquares.Fit(weight, keep, second, second, LeastSquares.Damping));
        var h = second + eye(Columns, dtype: ScalarType.Float64) * ridge;
        var exact = ConjugateGradients.Solve(h, weight.matmul(h), keep.to(ScalarType.Float64), zeros_like(weight), 1e-9);
        double Error(Tensor w) => ((w - weight).matmul(h) * (w - weight)).sum().item<double>();
        Assert.InRange(Error(fitted), Error(exact) * (1 - 1e-6), Error(exact) * 1.01);
        Assert.True(fitted.masked_select(keep.logical_not()).eq(0).all().item<bool>());
    }

    /// <summary>No move of what stays makes the error smaller, and masking alone is never better.</summary>
    [Fact]
    public void Nothing_is_nearer_to_what_the_layer_gave() => Gen.Select(Gen.Int[2, 12], Gen.Double[0, 1], Gen.Int).Sample((n, share, seed) =>
    {
        using var scope = NewDisposeScope();
        var (x, seen) = (Random(seed, 40, n), Random(seed + 1, 40, n));
        seen = x + 0.3 * seen; // what reaches the layer is not what reached it
        var (weight, keep) = (Random(seed + 2, 3, n), Random(seed + 3, 3, n).gt(share));
        var (second, cross) = (seen.t().matmul(seen) / 40, seen.t().matmul(x) / 40);
        var fitted = LeastSquares.Fit(weight, keep, second, cross, Slight);
        Assert.True(fitted.masked_select(keep.logical_not()).eq(0).all().item<bool>());
        double Error(Tensor w) => (seen.matmul(w.t()) - x.matmul(weight.t())).square().sum().item<double>();
        Assert.True(Error(fitted) <= Error(weight * keep) + 1e-9);
        for (var other = 0; other < 5; other++)
            Assert.True(Error(fitted) <= Error(fitted + 0.01 * keep * Random(seed + 4 + other, 3, n)) + 1e-7);
    }, iter: 50);

    [Fact]
    public void Where_nothing_is_pruned_and_the_inputs_are_the_same_nothing_changes()
    {
        using var scope = NewDisposeScope();
        var (weight, second) = (Random(1, 5, 9), Second(9, 30, 2));
        foreach (var damping in new[] { Slight, LeastSquares.Damping })
            Assert.True(LeastSquares.Fit(weight, ones_like(weight).to(ScalarType.Bool), second, second, damping).allclose(weight, 1e-6, 1e-6));
    }

    [Fact]
    public void Inputs_that_are_never_there_leave_their_weights()
    {
        using var scope = NewDisposeScope();
        var (weight, second) = (Random(1, 2, 4), zeros(4, 4, dtype: ScalarType.Float64));
        Assert.True(LeastSquares.Fit(weight, ones_like(weight).to(ScalarType.Bool), second, second, LeastSquares.Damping).allclose(weight, 1e-6, 1e-9));
    }

    /// <summary>Each weight costs what the error grows by when it goes and all others that are left are made the best of it; the cheapest goes first.</summary>
    [Fact]
    public void Elimination_equals_trying_each_weight() => Gen.Select(Gen.Int[1, 9], Gen.Int).Sample((n, seed) =>
    {
        using var scope = NewDisposeScope();
        var (weight, second) = (Random(seed, 1, n), Second(n, 5 * n, seed + 1));
        var costs = new float[n];
        Elimination.Run(weight.data<double>().ToArray(), linalg.inv(second).contiguous().data<double>().ToArray(), new double[n * n], costs);
        double Error(bool[] stays)
        {
            var difference = LeastSquares.Fit(weight, tensor(stays).unsqueeze(0), second, second, 0) - weight;
            return difference.matmul(second).mul(difference).sum().item<double>();
        }
        var (stays, before, least) = (Enumerable.Repeat(true, n).ToArray(), 0.0, 0.0);
        for (var left = n; left > 0; left--)
        {
            var tried = Enumerable.Range(0, n).Where(i => stays[i]).Select(i =>
            {
                stays[i] = false;
                var error = Error(stays);
                stays[i] = true;
                return (Error: error, Place: i);
            }).Min();
            least = Math.Max(least, tried.Error - before);
            Assert.Equal(least, costs[tried.Place], 1e-4 * (1 + least));
            (stays[tried.Place], before) = (false, tried.Error);
        }
    }, iter: 30);

    private static Tensor Random(int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)(uint)seed);
        return randn(shape, ScalarType.Float64, generator: generator);
    }

    private static Tensor Second(int n, int samples, int seed)
    {
        var x = Random(seed, samples, n);
        return x.t().matmul(x) / samples;
    }
}
