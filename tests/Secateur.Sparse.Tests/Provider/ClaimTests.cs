using Microsoft.ML.OnnxRuntime;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>What the provider leaves where it was, and how far a claim goes.</summary>
public sealed class ClaimTests
{
    public static TheoryData<string> Left => [.. LeftAlone.Keys];

    private static readonly Dictionary<string, (string Why, Func<Case, string> Make)> LeftAlone = new()
    {
        ["a product of two inputs"] = ("its right operand is no constant", g => g.Node("MatMul", [g.Input(3, 8), g.Input(8, 5)])),
        ["a constant on the left"] = ("its right operand is no constant", g => g.Node("MatMul", [g.Weight(3, 8), g.Input(8, 5)])),
        ["a weight of three axes"] = ("its weight has not two axes", g => g.Node("MatMul", [g.Input(2, 3, 8), g.Weight(2, 8, 5)])),
        ["a left operand that is transposed"] = ("it transposes its left operand", g => g.Node("Gemm", [g.Input(8, 3), g.Weight(8, 5)], ("transA", 1))),
        ["a bias for each token"] = ("its bias is not one number for each output", g => g.Node("Gemm", [g.Input(3, 8), g.Weight(8, 5), g.Constant(3, 1)])),
        ["a sum of another shape"] = ("its third operand is neither a constant nor of the output's shape", g => g.Node("Gemm", [g.Input(3, 8), g.Weight(8, 5), g.Input(3, 1)])),
        ["a scaled sum"] = ("its third operand is neither a constant nor of the output's shape", g => g.Node("Gemm", [g.Input(3, 8), g.Weight(8, 5), g.Input(3, 5)], ("beta", 2f))),
        ["a depthwise convolution"] = ("it is depthwise", g => g.Node("Conv", [g.Input(1, 8, 6, 6), g.Weight(16, 1, 3, 3)], ("group", 8))),
        ["a convolution over three axes"] = ("it is over three axes or more", g => g.Node("Conv", [g.Input(1, 4, 6, 6, 6), g.Weight(5, 4, 3, 3, 3)])),
        ["a weight that is no constant"] = ("its weight is no constant", g => g.Node("Conv", [g.Input(1, 4, 6, 6), g.Input(5, 4, 3, 3)])),
    };

    [Theory, MemberData(nameof(Left))]
    public void Leaves_what_it_cannot_do(string name)
    {
        var (why, make) = LeftAlone[name];
        var graph = new Case(3, 0.9);
        Assert.EndsWith($"\tleft\t{why}", Assert.Single(Law.Holds(graph.Model(make(graph)), [graph.Inputs])));
    }

    [Fact]
    public void Leaves_other_types_than_float32()
    {
        double[] x = [1, 2, 3], w = [0, 4, 0];
        var model = SmallGraphs.Of(17, [SmallGraphs.Node("MatMul", ["x", "w"], ["d"]), SmallGraphs.Node("Cast", ["d"], ["y"], ("to", 1))],
            [SmallGraphs.Tensor<double>("x", TensorProto.Types.DataType.Double, x, 1, 3)], [SmallGraphs.Tensor<double>("w", TensorProto.Types.DataType.Double, w, 3, 1)], ["y"]);
        Assert.EndsWith("\tleft\tit is not float32", Assert.Single(Law.Holds(model.Proto, [[SmallGraphs.Tensor<double>("x", TensorProto.Types.DataType.Double, x, 1, 3)]])));
    }

    [Fact]
    public void Zeros_decide()
    {
        Assert.EndsWith(" % zeros: under the threshold", Why(0.8, ("threshold", "0.85")));
        Assert.EndsWith(" % zeros", Why(0.9, ("threshold", "0.85")).Split(" with ")[0]);
        Assert.EndsWith(" times as fast as dense", Why(0));
        Assert.Equal("[50, 48], 100.0 % zeros", Why(1).Split(" with ")[0]);
        Assert.DoesNotContain(":", Why(0, ("force", "1"), ("threshold", "0.85")));

        static string Why(double sparsity, params (string, string)[] options)
        {
            var graph = new Case(4, sparsity);
            using var run = new Run(graph.Model(Cases.Biased(graph)), Library.Device, options: options);
            return Assert.Single(run.Report).Split('\t')[3];
        }
    }

    [Fact]
    public void What_is_used_elsewhere_is_not_swallowed()
    {
        var graph = new Case(5, 0.9);
        var inner = Cases.Biased(graph);
        var active = graph.Node("Relu", [inner]);
        var outer = graph.Node("MatMul", [active, graph.Weight(50, 30)]);
        var gelu = graph.Node("Mul", [outer, graph.Node("Sigmoid", [outer])]);
        Assert.Equal(["Add", ""], With(Law.Holds(graph.OpenModel(inner, outer, gelu), [graph.Inputs])));
        Assert.Equal(["Add, Relu", "Sigmoid, Mul"], With(Law.Holds(graph.OpenModel(gelu), [graph.Inputs])));
        Assert.Equal(["Add, Relu", ""], With(Law.Holds(graph.OpenModel(active, outer), [graph.Inputs])));

        static IEnumerable<string> With(string[] report) => report.Select(line => line.Contains(" with ") ? line.Split(" with ")[1].Split(" behind ")[0] : "");
    }

    [Fact]
    public void One_weight_may_serve_many_nodes()
    {
        var graph = new Case(6, 0.9);
        var (x, w) = (graph.Input(2, 7, 40), graph.Weight(40, 40));
        var (left, right) = (graph.Node("MatMul", [x, w]), graph.Node("MatMul", [graph.Node("Abs", [x]), w]));
        var dense = graph.Node("Add", [graph.Node("ReduceSum", [w, graph.Constant(TensorData.Of("axes", [0L], 1))], ("keepdims", 0)), right]); // the weight itself, on the processor
        Assert.Equal(2, Law.Holds(graph.OpenModel(left, dense), [graph.Inputs]).Length);
    }

    /// <summary>Sizes that are open may turn out to be broadcast.</summary>
    [Fact]
    public void A_residual_of_another_shape_is_added_as_ONNX_says()
    {
        var graph = new Case(7, 0.9);
        var (x, residual) = (graph.Input(3, 5, 40), graph.Input(3, 5, 20));
        var sum = graph.Node("Relu", [graph.Node("Add", [graph.Node("Tanh", [graph.Node("MatMul", [x, graph.Weight(40, 20)])]), residual])]);
        var model = graph.Model(sum);
        foreach (var input in model.Graph.Input)
            foreach (var axis in new[] { 0, 1 }) input.Type.TensorType.Shape.Dim[axis].DimParam = $"{input.Name} {axis}";
        (int X0, int X1, int R0, int R1)[] shapes = [(3, 5, 3, 5), (1, 5, 3, 5), (3, 5, 1, 1), (1, 1, 4, 2), (3, 1, 1, 6), (0, 5, 1, 5), (2, 0, 2, 0)];
        var random = new Random(7);
        var report = Law.Holds(model, shapes.Select(shape => new[] { Floats(x, shape.X0, shape.X1, 40), Floats(residual, shape.R0, shape.R1, 20) }));
        Assert.Contains("with Tanh, Add, Relu", Assert.Single(report));

        using var run = new Run(model, Library.Device, 1, ("force", "1"));
        Assert.Contains("do not fit", Assert.Throws<OnnxRuntimeException>(() => run.Of(Floats(x, 2, 5, 40), Floats(residual, 3, 5, 20))).Message);

        TensorProto Floats(string name, int first, int second, int third) => TensorData.Of(name, Draw.Values(random, first * second * third), first, second, third);
    }

    [Fact]
    public void Takes_any_batch_and_length()
    {
        var graph = new Case(8, 0.9);
        var (x, image) = (graph.Input(3, 5, 40), graph.Input(1, 8, 9, 9));
        var chain = graph.Node("MatMul", [graph.Node("Relu", [graph.Node("MatMul", [x, graph.Weight(40, 64)])]), graph.Weight(64, 20)]);
        var convolution = graph.Node("Relu", [graph.Node("Conv", [image, graph.Weight(12, 8, 3, 3)], ("pads", new long[] { 1, 1, 1, 1 }), ("strides", new long[] { 2, 2 }))]);
        var model = graph.Model(chain, convolution);
        foreach (var input in model.Graph.Input)
            foreach (var axis in input.Name == x ? [0, 1] : new[] { 0, 2, 3 }) input.Type.TensorType.Shape.Dim[axis].DimParam = $"{input.Name} {axis}";
        (int, int)[] sizes = [(1, 1), (1, 2), (4, 4), (1, 17), (3, 31), (1, 64), (2, 65), (7, 33), (1, 1000), (0, 3)];
        var random = new Random(8);
        Law.Holds(model, sizes.Select(size => new[]
        {
            TensorData.Of(x, Draw.Values(random, size.Item1 * size.Item2 * 40), size.Item1, size.Item2, 40),
            TensorData.Of(image, Draw.Values(random, size.Item1 * 8 * (size.Item2 + 1) * 7), size.Item1, 8, size.Item2 + 1, 7),
        }), threads: 2);
    }

    [Fact]
    public void Bodies_of_loops_and_branches_are_looked_into()
    {
        var graph = new Case(9, 0.9);
        var x = graph.Input(3, 40);
        var condition = graph.Constant(SmallGraphs.Tensor<bool>("yes", TensorProto.Types.DataType.Bool, [true], 1));
        var product = graph.Node("Relu", [graph.Node("MatMul", [x, graph.Weight(40, 40)])]);
        var branch = SmallGraphs.Graph([SmallGraphs.Node("MatMul", [product, "inner"], ["made"])], [], [TensorData.Of("inner", Draw.Weights(new(9), 40, 5, 0.9), 40, 5)], [new ValueInfoProto { Name = "made" }]);
        var either = graph.Node("If", [graph.Node("ReduceMax", [graph.Node("Cast", [graph.Node("Greater", [x, graph.Scalar(-9)])], ("to", 1))], ("keepdims", 0)) is var largest ? graph.Node("Cast", [largest], ("to", 9)) : condition], ("then_branch", branch), ("else_branch", branch));
        Assert.Equal(3, Law.Holds(graph.Model(either), [graph.Inputs]).Count(line => line.Contains("\tclaimed\t")));
    }
}
