using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

public sealed class BatchNormalizationTests
{
    [Theory]
    [InlineData(null, 0.2), InlineData(0.5, 0.5), InlineData(1.0, 1.0)]
    public void Training_moves_the_running_statistics_by_the_momentum(double? momentum, double share)
    {
        using var scope = NewDisposeScope();
        var x = randn(8, 3, 5, 5) * 2 + 1;
        var (mean, variance) = (zeros(3), ones(3));
        var y = Run(x, mean, variance, new Mode(Training: true, momentum));
        var (batchMean, batchVariance) = (x.mean([0, 2, 3]), x.var([0, 2, 3]));
        Assert.True(allclose(mean, share * batchMean, atol: 1e-5));
        Assert.True(allclose(variance, 1 - share + share * batchVariance, atol: 1e-5));
        Assert.True(allclose(y.mean([0, 2, 3]), zeros(3), atol: 1e-5));
    }

    [Fact]
    public void Use_changes_nothing()
    {
        using var scope = NewDisposeScope();
        var (mean, variance) = (zeros(3), ones(3));
        Run(randn(8, 3, 5, 5) + 4, mean, variance, default);
        Assert.True(mean.eq(0).all().item<bool>() && variance.eq(1).all().item<bool>());
    }

    [Fact]
    public void The_files_own_training_mode_takes_the_batchs_statistics_and_changes_nothing()
    {
        using var scope = NewDisposeScope();
        var (mean, variance) = (zeros(3), ones(3));
        var y = Run(randn(8, 3, 5, 5) + 4, mean, variance, default, ("training_mode", 1L));
        Assert.True(allclose(y.mean([0, 2, 3]), zeros(3), atol: 1e-5));
        Assert.True(mean.eq(0).all().item<bool>() && variance.eq(1).all().item<bool>());
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void Keeps_the_memory_format(bool training)
    {
        using var scope = NewDisposeScope();
        var x = randn(2, 4, 5, 3).permute(0, 3, 1, 2); // [2, 3, 4, 5], channels last
        Assert.Equal(x.stride(), Run(x, zeros(3), ones(3), new Mode(training)).stride());
    }

    private static Tensor Run(Tensor x, Tensor mean, Tensor variance, Mode mode, params (string, object)[] attributes)
    {
        string[] names = ["x", "scale", "bias", "mean", "variance"];
        var node = SmallGraphs.Of(15, [SmallGraphs.Node("BatchNormalization", names, ["y"], [("momentum", 0.8f), .. attributes])],
            names.Select(name => TensorData.Of(name, [0f], 1)), [], ["y"]).Graph.Nodes[0];
        return new BatchNormalization().Run(node, [x, ones(3), zeros(3), mean, variance], mode)[0];
    }
}
