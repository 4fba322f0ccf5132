using Secateur.Execution;
using Secateur.Testing;
using Secateur.Training;
using static TorchSharp.torch;

namespace Secateur.Tests.Training;

[Collection(nameof(Evaluation.Alone))]
public class RecalibrationTests
{
    public RecalibrationTests() => Threads.Use(1);

    [Fact]
    public void Statistics_become_the_mean_over_the_batches_whatever_they_were()
    {
        using var scope = NewDisposeScope();
        using var data = SmallPictures.Open();
        using var network = Normalized();
        using (no_grad()) network.Constants["mean"].fill_(1000);
        const int Batches = 5, Size = 16;
        Recalibration.Run(network, data.Train, Batches, Size, seed: 3, TestContext.Current.CancellationToken);
        var random = Seeds.Random(3, "recalibration");
        Tensor mean = zeros(1), variance = zeros(1);
        for (var batch = 0; batch < Batches; batch++)
        {
            var indices = new long[Size];
            for (var i = 0; i < Size; i++) indices[i] = random.NextInt64(data.Train.Count);
            var pixels = data.Train.Read(indices)["input"];
            mean += pixels.mean() / Batches;
            variance += pixels.var(unbiased: true) / Batches;
        }
        Assert.Equal(mean.item<float>(), network.Constants["mean"].item<float>(), 1e-4);
        Assert.Equal(variance.item<float>(), network.Constants["var"].item<float>(), 1e-4);
    }

    [Fact]
    public void No_batch_leaves_statistics_and_no_run_changes_a_weight()
    {
        using var scope = NewDisposeScope();
        using var data = SmallPictures.Open();
        using var network = Normalized();
        var (mean, weight) = (network.Constants["mean"].Values(), network.Constants["w"].Values());
        Recalibration.Run(network, data.Train, batches: 0, batch: 16, seed: 1, TestContext.Current.CancellationToken);
        Assert.Equal(mean, network.Constants["mean"].Values());
        Recalibration.Run(network, data.Train, batches: 2, batch: 16, seed: 1, TestContext.Current.CancellationToken);
        Assert.NotEqual(mean, network.Constants["mean"].Values());
        Assert.Equal(weight, network.Constants["w"].Values());
    }

    /// <summary>Pictures of one channel, normalized, flattened, into four classes.</summary>
    private static Network Normalized() => Nets.Of(
        [
            SmallGraphs.Node("BatchNormalization", ["input", "scale", "bias", "mean", "var"], ["n"]),
            SmallGraphs.Node("Flatten", ["n"], ["f"]),
            SmallGraphs.Node("Gemm", ["f", "w"], ["y"]),
        ],
        [4, 1, 8, 8], [("scale", [1]), ("bias", [1]), ("mean", [1]), ("var", [1]), ("w", [64, 4])], 1, "input");
}
