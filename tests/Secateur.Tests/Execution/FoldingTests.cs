using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Execution;

/// <summary>What is computed from constants alone is computed once.</summary>
public sealed class FoldingTests
{
    public FoldingTests() => Threads.Use(1);

    private static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    [Fact]
    public void Nodes_of_constants_are_run_once_and_their_results_go_with_the_network()
    {
        using var scope = NewDisposeScope();
        using var x = ones(2, 3);
        var before = Live;
        using (var network = new Network(Chain()))
        {
            var held = Live;
            Assert.Equal(["Mul"], Ran(network, x, out var y));
            Assert.Equal([1.5f, 3, 4.5f, 1.5f, 3, 4.5f], y);
            Assert.Equal(y, Run(network, x));
            Assert.Equal(held, Live);
            Assert.Equal([1, 3], Shapes.Of(network)["sum"]);
            Assert.All(network.Graph.Nodes, node => Assert.Equal(1, Shapes.Of(network).Runs(node)));
        }
        Assert.Equal(before, Live);
    }

    [Fact]
    public void What_follows_from_a_weight_is_computed_at_every_run()
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Of(
            [SmallGraphs.Node("Div", ["w", "two"], ["half"]), SmallGraphs.Node("Gemm", ["x", "half"], ["h"]), SmallGraphs.Node("Gemm", ["h", "w"], ["y"])],
            [2, 3], [("w", [3, 3]), ("two", [1])], 1);
        Assert.Empty(network.Folding.Nodes);
        var (x, before) = (ones(2, 3), Run(network, ones(2, 3)));
        using (no_grad()) network.Parameters["w"].mul_(2);
        Assert.Equal(before.Select(value => value * 4), Run(network, x));
    }

    [Fact]
    public void Drawn_numbers_dropout_outputs_and_large_results_are_left_in_the_run()
    {
        using var scope = NewDisposeScope();
        var numbers = TensorData.Of("numbers", [1f, 2, 3, 4], 4);
        var model = SmallGraphs.Of(17,
            [
                SmallGraphs.Node("RandomUniform", [], ["drawn"], ("shape", new[] { 4L })), SmallGraphs.Node("Dropout", ["numbers", "ratio"], ["dropped"]),
                SmallGraphs.Node("Expand", ["numbers", "large"], ["many"]), SmallGraphs.Node("ReduceMin", ["many"], ["few"], ("axes", new[] { 0L })), SmallGraphs.Node("Neg", ["numbers"], ["leaves"]),
                SmallGraphs.Node("Sum", ["x", "drawn", "dropped", "few"], ["y"]),
            ],
            [TensorData.Of("x", [1f], 1)],
            [numbers, TensorData.Of("large", [1L << 23, 4], 2), TensorData.Of("ratio", [0.5f])], ["y", "leaves"]);
        using var network = new Network(model);
        Assert.Empty(network.Folding.Nodes);
        Assert.NotEqual(Run(network, ones(1)), Run(network, ones(1)));
    }

    [Fact]
    public void A_node_that_fails_says_so_when_it_is_run()
    {
        using var scope = NewDisposeScope();
        using var network = new Network(SmallGraphs.Of(17, [SmallGraphs.Node("Gather", ["numbers", "far"], ["g"]), SmallGraphs.Node("Div", ["x", "g"], ["y"])],
            [TensorData.Of("x", [1f], 1)], [TensorData.Of("numbers", [1L, 2], 2), TensorData.Of("far", [7L], 1)], ["y"]));
        Assert.Contains("index 7 is outside", Assert.Throws<SecateurException>(() => Run(network, ones(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inside_a_loop_too()
    {
        using var scope = NewDisposeScope();
        var body = SmallGraphs.Graph(
            [SmallGraphs.Node("Div", ["a", "b"], ["share"]), SmallGraphs.Node("Div", ["state", "share"], ["next"]), SmallGraphs.Node("Identity", ["go"], ["on"])],
            [SmallGraphs.Tensor("trip", TensorProto.Types.DataType.Int64, [0L]), SmallGraphs.Tensor("go", TensorProto.Types.DataType.Bool, [true]), TensorData.Of("state", [1f, 1], 2)],
            [TensorData.Of("b", [4f, 2], 2)], [new() { Name = "on" }, new() { Name = "next" }]);
        using var network = new Network(SmallGraphs.Of(17, [SmallGraphs.Node("Loop", ["trips", "", "x"], ["y"], ("body", body))],
            [TensorData.Of("x", [1f, 1], 2)], [TensorData.Of("trips", [3L]), TensorData.Of("a", [2f, 2], 2)], ["y"]));
        Assert.Single(network.Folding.Nodes);
        for (var again = 0; again < 2; again++) Assert.Equal([8f, 1], Run(network, ones(2)));
    }

    private static float[] Run(Network network, Tensor x)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return network.Run(new Dictionary<string, Tensor> { ["x"] = x })[0].Values();
    }

    private static string[] Ran(Network network, Tensor x, out float[] y)
    {
        using var scope = NewDisposeScope();
        List<string> ran = [];
        y = network.Run(new Dictionary<string, Tensor> { ["x"] = x }, default, (node, _, _) => ran.Add(node.OpType))[0].Values();
        return [.. ran];
    }

    /// <summary>y = x · ((a / b) − c) of shape [1, 3], no operand learned.</summary>
    private static OnnxModel Chain() => SmallGraphs.Of(17,
        [
            SmallGraphs.Node("Div", ["a", "b"], ["share"]), SmallGraphs.Node("Sub", ["share", "c"], ["sum"]), SmallGraphs.Node("Mul", ["x", "sum"], ["y"]),
        ],
        [TensorData.Of("x", new float[6], 2, 3)],
        [TensorData.Of("a", [4f, 8, 12], 1, 3), TensorData.Of("b", [2f], 1), TensorData.Of("c", [0.5f, 1, 1.5f], 3)], ["y"]);
}
