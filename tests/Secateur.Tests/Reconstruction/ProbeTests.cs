using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Pruning;
using Secateur.Reconstruction;
using Secateur.Tasks;
using static TorchSharp.torch;

namespace Secateur.Tests.Reconstruction;

public sealed class ProbeTests
{
    [Theory]
    [InlineData(true), InlineData(false)]
    public void Losses_rise_with_sparsity_and_the_network_is_as_it_was(bool fit)
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Classifier(last: "Softmax");
        using var dense = Nets.Classifier(last: "Softmax");
        Dictionary<string, Tensor>[] batches = [.. Enumerable.Range(0, 8).Select(seed => new Dictionary<string, Tensor> { ["x"] = 6 * Granularities.Weights.Random(seed, 20, 8) })];
        using var masks = new Masks();
        using var statistics = new Statistics(1);
        var step = new MaskStep(network, new Recipe { Allocation = "sensitivity", Ends = Ends.All });
        var scored = step.Score(statistics, masks);
        Assert.True(step.Measures(scored));
        var curves = Probe.Run(network, step, scored, batches, Assignment.Of(network.Graph, null, null, null), fit, _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(["w1", "w2", "w3"], curves.Keys.Order());
        foreach (var curve in curves.Values)
        {
            Assert.Equal((0, 0), curve.Points[0]);
            Assert.All(curve.Points.Zip(curve.Points.Skip(1)), pair => Assert.True(pair.First.Sparsity < pair.Second.Sparsity && pair.First.Loss <= pair.Second.Loss));
            Assert.True(curve.Points[^1].Loss > 0);
        }
        foreach (var (name, parameter) in network.Parameters) Assert.True(parameter.eq(dense.Parameters[name]).all().item<bool>(), name);
        var counts = step.Counts(scored, 0.6, own => own, curves);
        Assert.Equal(0.6 * step.Total, counts.Sum(), 3.0);
    }
}
