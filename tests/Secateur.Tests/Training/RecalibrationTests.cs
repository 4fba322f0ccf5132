using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Testing;
using Secateur.Tests.Evaluation;
using Secateur.Training;
using static TorchSharp.torch;

namespace Secateur.Tests.Training;

public sealed class RecalibrationTests
{
    [Fact]
    public void Running_statistics_become_the_mean_of_those_of_the_batches()
    {
        using var scope = NewDisposeScope();
        using var network = Normalized();
        using var examples = new Recording(new InMemory("x", rand(40, 3) * 5 + 2, null));
        Recalibration.Run(network, examples, batches: 7, batch: 16, seed: 3, TestContext.Current.CancellationToken);
        Assert.Equal(7, examples.Seen.Count);
        Assert.All(examples.Seen, batch => Assert.Equal(16, batch.shape[0]));
        Assert.True(network.Constants["mean"].allclose(stack(examples.Seen.Select(batch => batch.mean([0]))).mean([0]), 1e-5, 1e-6));
        Assert.True(network.Constants["variance"].allclose(stack(examples.Seen.Select(batch => batch.var([0]))).mean([0]), 1e-5, 1e-6));
        Assert.Equal([2, 2, 2], network.Parameters["scale"].Values());
        Assert.Equal([1, 1, 1], network.Parameters["shift"].Values());
    }

    [Fact]
    public void No_batches_leave_them_as_they_are()
    {
        using var scope = NewDisposeScope();
        using var network = Normalized();
        using var examples = new Recording(new InMemory("x", rand(40, 3), null));
        Recalibration.Run(network, examples, batches: 0, batch: 16, seed: 3, TestContext.Current.CancellationToken);
        Assert.Empty(examples.Seen);
        Assert.Equal([9, 9, 9], network.Constants["mean"].Values());
    }

    [Fact]
    public void A_network_without_batch_normalization_reads_nothing()
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Classifier();
        using var examples = new Recording(new InMemory("x", rand(40, 8), null));
        Recalibration.Run(network, examples, batches: 7, batch: 16, seed: 3, TestContext.Current.CancellationToken);
        Assert.Empty(examples.Seen);
    }

    private static Network Normalized()
    {
        var network = Nets.Of(
            [SmallGraphs.Node("BatchNormalization", ["x", "scale", "shift", "mean", "variance"], ["y"], ("momentum", 0.7f))],
            [4, 3], [("scale", [3]), ("shift", [3]), ("mean", [3]), ("variance", [3])], seed: 1);
        using var frozen = no_grad();
        foreach (var (name, value) in new[] { ("scale", 2), ("shift", 1), ("mean", 9), ("variance", 9) }) network.Constants[name].fill_(value);
        return network;
    }

    /// <summary>Keeps all that is read; it belongs to the test's scope.</summary>
    private sealed class Recording(Examples examples) : Examples
    {
        public List<Tensor> Seen { get; } = [];

        public override long Count => examples.Count;

        public override ImmutableArray<Feature> Features => examples.Features;

        public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices)
        {
            var read = examples.Read(indices);
            Seen.Add(read["x"].clone().MoveToOuterDisposeScope());
            return read;
        }

        public override void Dispose() => examples.Dispose();
    }
}
