using Secateur.Allocations;
using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Pruning;
using Secateur.Reconstruction;
using Secateur.Tasks;
using Secateur.Testing;
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
        var curves = Probe.Run(network, step, scored, batches, Assignment.Of(network.Graph, null, null, null), judges: 30, fit, _ => { }, TestContext.Current.CancellationToken);
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

    /// <summary>Fewer examples judge as if there were no more; weights are fitted on all the same.</summary>
    [Fact]
    public void A_part_of_a_batch_judges_as_a_batch_of_its_own()
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Classifier(last: "Softmax");
        Dictionary<string, Tensor>[] batches = [.. Enumerable.Range(0, 4).Select(seed => new Dictionary<string, Tensor> { ["x"] = 6 * Granularities.Weights.Random(seed, 20, 8) })];
        using var masks = new Masks();
        using var statistics = new Statistics(1);
        var step = new MaskStep(network, new Recipe { Allocation = "sensitivity", Ends = Ends.All });
        var scored = step.Score(statistics, masks);
        Dictionary<string, Curve> Curves(int judges, params Dictionary<string, Tensor>[] given) =>
            Probe.Run(network, step, scored, given, Assignment.Of(network.Graph, null, null, null), judges, true, _ => { }, TestContext.Current.CancellationToken);
        var (cut, apart, whole) = (Curves(7, batches), Curves(50, [new() { ["x"] = batches[0]["x"].narrow(0, 0, 7) }, .. batches[1..]]), Curves(50, batches));
        foreach (var (name, curve) in cut)
        {
            Assert.Equal(apart[name].Points, curve.Points);
            Assert.NotEqual(whole[name].Points, curve.Points);
        }
    }

    [Fact]
    public void Of_a_large_model_fewer_examples_judge()
    {
        Assert.Equal(Probe.MostExamples, Probe.Judges(100_000_000, 40));
        Assert.InRange(Probe.Judges(4_000_000_000, 54), 17, 40);
        Assert.Equal(16, Probe.Judges(300_000_000_000, 100));
    }

    /// <summary>Nodes that lay constants out anew, long before they are read, change no measurement: what a layer loses reaches it.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void Constants_behind_other_nodes_are_measured_alike(bool fit)
    {
        using var scope = NewDisposeScope();
        using var direct = Nets.Classifier(last: "Softmax");
        var proto = direct.Model.Proto.Clone();
        foreach (var node in proto.Graph.Node.Where(node => node.OpType == "Gemm").ToArray())
        {
            var (weight, bias) = (node.Input[1], node.Input[2]);
            (node.Input[1], node.Input[2]) = (weight + "/back", bias + "/same");
            proto.Graph.Node.Insert(0, SmallGraphs.Node("Transpose", [weight + "/turned"], [weight + "/back"]));
            proto.Graph.Node.Insert(0, SmallGraphs.Node("Transpose", [weight], [weight + "/turned"]));
            proto.Graph.Node.Insert(0, SmallGraphs.Node("Identity", [bias], [bias + "/same"]));
        }
        using var laid = new Network(new OnnxModel(proto, "laid.onnx"));
        var (expected, made) = (Curves(direct), Curves(laid));
        Assert.Equal(expected.Keys.Order(), made.Keys.Order());
        foreach (var (name, curve) in expected)
            Assert.Equal(curve.Points.Select(point => point.Loss), made[name].Points.Select(point => point.Loss), (a, b) => Math.Abs(a - b) <= 1e-4 * a + 1e-7);

        Dictionary<string, Curve> Curves(Network network)
        {
            Dictionary<string, Tensor>[] batches = [.. Enumerable.Range(0, 8).Select(seed => new Dictionary<string, Tensor> { ["x"] = 6 * Granularities.Weights.Random(seed, 20, 8) })];
            using var masks = new Masks();
            using var statistics = new Statistics(1);
            var step = new MaskStep(network, new Recipe { Allocation = "sensitivity", Ends = Ends.All });
            return Probe.Run(network, step, step.Score(statistics, masks), batches, Assignment.Of(network.Graph, null, null, null), judges: 50, fit, _ => { }, TestContext.Current.CancellationToken);
        }
    }
}
