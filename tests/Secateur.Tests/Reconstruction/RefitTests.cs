using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Pruning;
using Secateur.Reconstruction;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Reconstruction;

public sealed class RefitTests
{
    public static TheoryData<string> Layers => [.. ProductsTests.Kind.All.Select(kind => kind.Word)];

    public static TheoryData<string> Granularities => ["unstructured", "1:2", "block-2x2"];

    /// <summary>Of one layer: what masking does to its output, fitting makes smaller.</summary>
    [Theory, MemberData(nameof(Layers))]
    public void The_error_of_a_layer_falls(string word)
    {
        using var scope = NewDisposeScope();
        var kind = ProductsTests.Kind.All.Single(kind => kind.Word == word);
        using var dense = kind.Network();
        using var network = kind.Network();
        Dictionary<string, Tensor>[] batches = [new() { ["x"] = kind.Inputs() }];
        using var masks = Halved(network);
        masks.Apply(network);
        var masked = Error(network, dense, batches);
        Run(network, dense, masks, batches);
        Assert.True(Error(network, dense, batches) < masked, $"{Error(network, dense, batches)} after {masked}");
        Assert.True(network.Weights[0].Tensor.masked_select(masks["w"]!.logical_not()).eq(0).all().item<bool>());
    }

    /// <summary>Of several layers in a row, with biases.</summary>
    [Theory, MemberData(nameof(Granularities))]
    public void The_error_of_a_network_falls_and_what_was_pruned_stays_zero(string granularity)
    {
        using var scope = NewDisposeScope();
        using var dense = Nets.Classifier();
        using var network = Nets.Classifier();
        Dictionary<string, Tensor>[] batches = [.. Enumerable.Range(0, 3).Select(seed => new Dictionary<string, Tensor> { ["x"] = Tests.Granularities.Weights.Random(seed, 50, 8) - 0.3 })];
        using var masks = new Masks();
        var step = new MaskStep(network, new Recipe { Granularity = granularity, Criterion = "surgeon", Ends = Ends.All });
        using var statistics = new Statistics(1);
        Saliencies.Collect(network, batches, statistics, _ => { }, TestContext.Current.CancellationToken);
        foreach (var weight in network.Weights) statistics.SetGradients(weight, zeros_like(weight.Matrix), ones_like(weight.Matrix));
        var scored = step.Score(statistics, masks);
        step.Narrow(masks, scored, step.Counts(scored, 0.5, own => own));
        masks.Apply(network);
        var masked = Error(network, dense, batches);
        Run(network, dense, masks, batches);
        Assert.InRange(Error(network, dense, batches), 0, 0.8 * masked);
        foreach (var weight in network.Weights) Assert.True(weight.Tensor.masked_select(masks[weight.Name]!.logical_not()).eq(0).all().item<bool>());
        Assert.Equal(0.5, network.Weights.Sum(weight => weight.Tensor.eq(0).sum().item<long>()) / (double)step.Total, 1e-2);
    }

    [Fact]
    public void Where_nothing_was_pruned_nothing_changes()
    {
        using var scope = NewDisposeScope();
        using var dense = Nets.Classifier();
        using var network = Nets.Classifier();
        using var masks = Masks.OfZeros(network);
        Run(network, dense, masks, [new() { ["x"] = Tests.Granularities.Weights.Random(1, 50, 8) }]);
        foreach (var (name, parameter) in network.Parameters)
            Assert.True(parameter.allclose(dense.Parameters[name], 1e-4, 1e-6), name);
    }

    /// <summary>A bias takes up what a constant input gave through weights that went.</summary>
    [Theory]
    [InlineData("Gemm"), InlineData("MatMul")]
    public void The_bias_takes_up_the_mean(string type)
    {
        using var scope = NewDisposeScope();
        Network Net() => Nets.Of(
            type == "Gemm" ? [SmallGraphs.Node("Gemm", ["x", "w", "b"], ["y"])] : [SmallGraphs.Node("MatMul", ["x", "w"], ["h"]), SmallGraphs.Node("Add", ["b", "h"], ["y"])],
            [4, 3], [("w", [3, 2]), ("b", [2])], 1);
        using var dense = Net();
        using var network = Net();
        Dictionary<string, Tensor>[] batches = [new() { ["x"] = ones(5, 3) }];
        using var masks = new Masks();
        masks.Narrow("w", zeros(3, 2, dtype: ScalarType.Bool));
        masks.Apply(network);
        Run(network, dense, masks, batches);
        Assert.Equal(0, Error(network, dense, batches), 1e-9);
        Assert.True(network.Parameters["w"].eq(0).all().item<bool>());
    }

    [Fact]
    public void A_weight_that_two_nodes_share_is_left_as_it_was_masked()
    {
        using var network = Nets.Of([SmallGraphs.Node("MatMul", ["x", "w"], ["h"]), SmallGraphs.Node("MatMul", ["h", "w"], ["y"])], [4, 3], [("w", [3, 3])], 1);
        Assert.Null(Refit.Fits(network, network.Weights.Single()));
    }

    private static Masks Halved(Network network)
    {
        var masks = new Masks();
        foreach (var weight in network.Weights) masks.Narrow(weight.Name, Tests.Granularities.Weights.Random(9, [.. weight.Shape]).gt(0.5));
        return masks;
    }

    private static void Run(Network network, Network dense, Masks masks, Dictionary<string, Tensor>[] batches) =>
        Refit.Run(network, dense, masks, batches, _ => { }, TestContext.Current.CancellationToken);

    private static double Error(Network network, Network dense, Dictionary<string, Tensor>[] batches)
    {
        using var frozen = no_grad();
        return batches.Sum(batch => (network.Run(batch)[0] - dense.Run(batch)[0]).square().sum().item<float>());
    }
}
