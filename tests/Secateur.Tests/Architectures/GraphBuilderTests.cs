using CsCheck;
using Secateur.Architectures;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Tests.Architectures;

public sealed class GraphBuilderTests
{
    [Fact]
    public void Tracked_shapes_are_those_of_ONNX_Runtime() =>
        Gen.Select(Gen.Int[1, 3], Gen.Long[8, 12], Gen.Long[1, 4], Gen.Long[1, 3], Gen.Long[0, 2], Gen.Int[0, 2])
            .Sample((spatial, size, kernel, stride, pad, pool) => AssertTracked(graph =>
            {
                var x = graph.Input("x", DataType.Float, [2, size, .. Enumerable.Repeat(9L, spatial - 1)]);
                x = graph.BatchNorm("bn", graph.Conv("conv", x, 4, kernel, stride, pad, group: 2, bias: false));
                return pool switch
                {
                    0 => graph.MaxPool(graph.Relu(x), 2),
                    1 => graph.AveragePool(graph.Relu6(x), 2),
                    _ => graph.GlobalAveragePool(x),
                };
            }), iter: 40, threads: 1);

    [Fact]
    public void Reshape_transpose_reduce_and_concat_are_tracked()
    {
        AssertTracked(graph => graph.Transpose(graph.Reshape(graph.Input("x", DataType.Float, 4, 6), 4, -1, 2), 0, 2, 1, 3));
        AssertTracked(graph => graph.Reduce("ReduceMean", graph.Input("x", DataType.Float, 4, 6, 5), axis: 2));
        AssertTracked(graph => graph.Linear("fc", graph.LayerNorm("norm", graph.Input("x", DataType.Float, 4, 6)), 5));
        AssertTracked(graph =>
        {
            var x = graph.Input("x", DataType.Float, 4, 6);
            return graph.Flatten(graph.Concat(graph.Softmax(x), graph.MatMul(x, graph.Linear("square", graph.Transpose(x, 0, 2, 1), 6))));
        });
    }

    [Fact]
    public void Names_are_unique_and_stand_in_the_scope_of_their_input()
    {
        GraphBuilder graph = new("test", seed: 1);
        var conv = graph.Conv("layer2.0.conv1", graph.Input("input", DataType.Float, 3, 8, 8), 4, kernel: 3, pad: 1);
        Assert.Equal("layer2.0.conv1", conv);
        Assert.Equal("layer2.0.relu", graph.Relu(conv));
        Assert.Equal("layer2.0.relu2", graph.Relu(conv));
        var last = graph.BatchNorm("layer2.0.bn1", graph.Relu6(graph.Relu6(conv)));
        graph.Output(last, "logits");
        var model = graph.ToModel();
        Assert.Equal(
        [
            "layer2.0.conv1.weight", "layer2.0.conv1.bias", "relu6.min", "relu6.max",
            "layer2.0.bn1.scale", "layer2.0.bn1.bias", "layer2.0.bn1.mean", "layer2.0.bn1.var",
        ], model.Proto.Graph.Initializer.Select(tensor => tensor.Name));
        Assert.Equal(model.Graph.Nodes.Length, model.Graph.Nodes.Select(node => node.Name).Distinct().Count());
        Assert.Equal("logits", model.Graph.Nodes[^1].Outputs.Single());
        Assert.Equal(4 * 3 * 9 + 4 + 8, graph.Parameters);
    }

    [Theory]
    [InlineData("conv.weight", 2.0 / (3 * 25))] // He, fan in
    [InlineData("stage.weight", 2.0 / (32 * 25))] // He, fan out
    [InlineData("hidden.weight", 2.0 / 512)]
    [InlineData("last.weight", 2.0 / (80 + 90))] // Glorot
    [InlineData("linear.weight", 2.0 / (90 + 70))]
    [InlineData("place.weight", 0.0004)]
    public void First_weights_have_the_variance_of_their_rule(string weight, double variance)
    {
        GraphBuilder graph = new("test", seed: 4);
        var x = graph.Conv("stage", graph.Conv("conv", graph.Input("x", DataType.Float, 3, 12, 12), 64, 5), 32, 5, bias: false);
        x = graph.Gemm("last", graph.Relu(graph.Gemm("hidden", graph.Flatten(x), 80, relu: true)), 90, relu: false);
        x = graph.Linear("wide", graph.Linear("linear", x, 70), 4_000);
        graph.Output(graph.AddLearned("place", x, deviation: 0.02), "y");
        var values = Onnx.TensorData.ToArray<float>(graph.ToModel().Graph.Constants[weight]);
        Assert.InRange(values.Average(), -0.1 * Math.Sqrt(variance), 0.1 * Math.Sqrt(variance));
        Assert.InRange(values.Average(value => (double)value * value), 0.9 * variance, 1.1 * variance);
    }

    private static void AssertTracked(Func<GraphBuilder, string> layers)
    {
        GraphBuilder graph = new("test", seed: 1);
        graph.Output(layers(graph), "y");
        var model = graph.ToModel();
        using var session = ArchitectureTests.Session(model);
        using var scope = NewDisposeScope();
        var y = ArchitectureTests.Runtime(session, "x", ArchitectureTests.Example(model.Graph.Inputs.Single().ShapeWith(2), 0));
        Assert.Equal([2, .. graph.Shape("y")], y.Dimensions.ToArray().Select(size => (long)size));
    }
}
