using CsCheck;
using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Pruning;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Tests.Granularities;

/// <summary>Masks of the steps of a schedule, made as the cycle makes them: score, count, narrow, set to zero.</summary>
public sealed class NestingTests
{
    [Theory]
    [InlineData("unstructured", "magnitude"), InlineData("unstructured", "random"), InlineData("block-3x2", "magnitude"), InlineData("block-4x4", "random")]
    [InlineData("block-2x1", "magnitude"), InlineData("block-2x1", "random"), InlineData("block-2x1-adjacent", "random")]
    public void What_is_pruned_stays_pruned_and_no_more_goes_than_asked(string granularity, string criterion)
    {
        var recipe = new Recipe { Granularity = granularity, Criterion = criterion, Ends = Ends.All };
        using var network = Layers();
        using var masks = new Masks();
        using var scope = NewDisposeScope();
        var step = new MaskStep(network, recipe);
        var before = network.Weights.ToDictionary(weight => weight.Name, weight => ones_like(weight.Tensor.detach(), ScalarType.Bool));
        foreach (var (round, sparsity) in new[] { 0.0, 0.2, 0.2, 0.5, 0.8 }.Index())
        {
            Narrow(step, network, masks, sparsity, seed: round);
            Assert.InRange(masks.Sparsity(network) * step.Total, sparsity * step.Total - 20, sparsity * step.Total + 20);
            foreach (var (name, mask) in masks.All)
            {
                Assert.False(mask.logical_and(before[name].logical_not()).any().item<bool>());
                before[name] = mask.clone();
                Assert.True(network.Parameters[name].detach().masked_select(mask.logical_not()).eq(0).all().item<bool>());
            }
        }
    }

    [Theory]
    [InlineData("2:4", "magnitude", false), InlineData("1:4", "random", false), InlineData("3:8", "magnitude", false)]
    [InlineData("2:4", "magnitude", true), InlineData("1:4", "random", true), InlineData("5:8", "magnitude", true)]
    public void N_of_every_m_input_channels_stay_after_any_number_of_steps(string word, string criterion, bool zeros)
    {
        int[] parts = [.. word.Split(':').Select(int.Parse)];
        var (kept, group) = (parts[0], parts[1]);
        Gen.Double[0, 1].Array[0, 4].Sample(times =>
        {
            using var network = Layers();
            using var masks = new Masks();
            using var scope = NewDisposeScope();
            if (zeros) // learned weights that happen to be zero are no pruned ones, but go first
                foreach (var weight in network.Weights)
                    using (no_grad()) weight.Tensor.mul_(Weights.Random(5, [.. weight.Shape]).gt(0.6));
            var step = new MaskStep(network, new Recipe { Granularity = word, Criterion = criterion, Ends = Ends.All });
            foreach (var (round, time) in times.Order().Append(1).Index()) Narrow(step, network, masks, 0, round, own => own * time);
            foreach (var weight in network.Weights)
            {
                var mask = weight.ToMatrix(masks[weight.Name]!).reshape(weight.Outputs, weight.Inputs / group, group, weight.Kernel);
                Assert.True(mask.sum(2).eq(kept).all().item<bool>(), $"{weight.Name} keeps {mask.sum(2).min().item<long>()} to {mask.sum(2).max().item<long>()} of {group}");
            }
        }, iter: 30);
    }

    [Fact]
    public void On_the_way_to_n_of_m_the_least_of_every_group_goes_first()
    {
        using var network = Layers();
        using var masks = new Masks();
        using var scope = NewDisposeScope();
        var step = new MaskStep(network, new Recipe { Granularity = "2:4", Ends = Ends.All });
        Narrow(step, network, masks, 0, 1, own => own / 2);
        foreach (var weight in network.Weights)
            Assert.True(weight.ToMatrix(masks[weight.Name]!).reshape(weight.Outputs, weight.Inputs / 4, 4, weight.Kernel).sum(2).eq(3).all().item<bool>());
    }

    private static void Narrow(MaskStep step, Network network, Masks masks, double sparsity, int seed, Func<double, double>? scheduled = null)
    {
        using var statistics = new Statistics(seed);
        var scored = step.Score(statistics, masks);
        step.Narrow(masks, scored, step.Counts(scored, sparsity, scheduled ?? (own => own)));
        masks.Apply(network);
    }

    /// <summary>A convolution [6, 8, 3, 3] and a transposed one [8, 5, 2, 2], so that both layouts are there.</summary>
    private static Network Layers() => new(SmallGraphs.Of(
        17,
        [SmallGraphs.Node("Conv", ["x", "conv"], ["a"]), SmallGraphs.Node("ConvTranspose", ["x", "transposed"], ["b"])],
        [TensorData.Of("x", new float[8 * 16], 1, 8, 4, 4)],
        [TensorData.Of("conv", Values(6 * 8 * 9), 6, 8, 3, 3), TensorData.Of("transposed", Values(8 * 5 * 4), 8, 5, 2, 2)],
        ["a", "b"]));

    private static float[] Values(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
