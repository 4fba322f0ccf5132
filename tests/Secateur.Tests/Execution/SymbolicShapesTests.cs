using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;

namespace Secateur.Tests.Execution;

/// <summary>Shapes in the sizes that a file leaves open.</summary>
public sealed class SymbolicShapesTests
{
    public SymbolicShapesTests() => Threads.Use(1);

    [Theory]
    [InlineData(2L, 1L, "[batch, 4, ceil(height/2), ceil(width/2)]")]
    [InlineData(2L, 0L, "[batch, 4, floor((height-1)/2), floor((width-1)/2)]")]
    [InlineData(1L, 1L, "[batch, 4, height, width]")]
    [InlineData(1L, 0L, "[batch, 4, height-2, width-2]")]
    public void Convolution(long stride, long pad, string shape) => Equal(shape, "y",
        [SmallGraphs.Node("Conv", ["x", "w"], ["y"], ("strides", new[] { stride, stride }), ("pads", new[] { pad, pad, pad, pad }))], ["batch", 3L, "height", "width"],
        [TensorData.Of("w", new float[108], 4, 3, 3, 3)]);

    [Fact]
    public void Strides_after_each_other_are_one_quotient() => Equal("[batch, ceil(height/4)*ceil(width/4), 3]", "y",
        [
            Pool("x", "a"), Pool("a", "b"), SmallGraphs.Node("Reshape", ["b", "shape"], ["c"]), SmallGraphs.Node("Transpose", ["c"], ["y"], ("perm", new[] { 0L, 2, 1 })),
        ],
        ["batch", 3L, "height", "width"], [TensorData.Of("shape", [0L, 3, -1], 3)]);

    [Theory]
    [InlineData("scores", "[batch, seq, seq]"), InlineData("rows", "[batch*seq, 6]"), InlineData("joined", "[batch, seq+5, 6]"), InlineData("twice", "[batch, 2*seq, 6]")]
    [InlineData("flat", "[batch*seq*seq]"), InlineData("all", "[6*batch*(2*seq+5)]"), InlineData("count", "[3]")]
    public void Products_and_sums(string value, string shape) => Equal(shape, value,
        [
            SmallGraphs.Node("Transpose", ["x"], ["t"], ("perm", new[] { 0L, 2, 1 })), SmallGraphs.Node("MatMul", ["x", "t"], ["scores"]),
            SmallGraphs.Node("Reshape", ["x", "rowwise"], ["rows"]), SmallGraphs.Node("Reshape", ["scores", "flatly"], ["flat"]),
            SmallGraphs.Node("Pad", ["x", "pads"], ["joined"]), SmallGraphs.Node("Concat", ["x", "x"], ["twice"], ("axis", 1L)),
            SmallGraphs.Node("Concat", ["joined", "x"], ["more"], ("axis", 1L)), SmallGraphs.Node("Reshape", ["more", "flatly"], ["all"]), SmallGraphs.Node("Shape", ["x"], ["count"]),
        ],
        ["batch", "seq", 6L], [TensorData.Of("rowwise", [-1L, 6], 2), TensorData.Of("flatly", [-1L], 1), TensorData.Of("pads", [0L, 5, 0, 0, 0, 0], 6)]);

    [Fact]
    public void Two_inputs_share_a_size_by_its_name_and_lengths_add_up()
    {
        var model = Open([SmallGraphs.Node("Concat", ["past", "x"], ["y"], ("axis", 1L)), SmallGraphs.Node("MatMul", ["x", "w"], ["h"])], [TensorData.Of("w", new float[8], 4, 2)], ["y", "h"],
            ("past", ["batch", "earlier", 4L]), ("x", ["batch", "", 4L]));
        using var network = new Network(model);
        var shapes = SymbolicShapes.Of(network);
        Assert.Equal(["batch", "earlier", "x.1"], shapes.Symbols);
        Assert.Equal(["batch", "earlier+x.1", "4"], shapes.All["y"]);
        Assert.Equal(["batch", "x.1", "2"], shapes.All["h"]);
    }

    [Fact]
    public void A_model_that_runs_on_multiples_alone_has_quotients_without_rounding() => Equal("[batch, 5*height*width/16]", "y",
        [
            SmallGraphs.Node("SpaceToDepth", ["x"], ["two"], ("blocksize", 2L)), SmallGraphs.Node("SpaceToDepth", ["two"], ["one"], ("blocksize", 2L)),
            SmallGraphs.Node("ReduceMean", ["one"], ["mean"], ("axes", new[] { 1L })), SmallGraphs.Node("Concat", ["mean", "mean", "mean", "mean", "mean"], ["five"], ("axis", 1L)),
            SmallGraphs.Node("Flatten", ["five"], ["y"]),
        ],
        ["batch", 1L, "height", "width"], []);

    [Fact]
    public void A_size_that_must_be_the_sum_of_others_is_found()
    {
        var model = Open([SmallGraphs.Node("Concat", ["past", "x"], ["all"], ("axis", 1L)), SmallGraphs.Node("Add", ["all", "mask"], ["y"])], [], ["y"],
            ("x", ["batch", "now", 4L]), ("mask", ["batch", "total", 4L]), ("past", ["batch", "earlier", 4L]));
        using var network = new Network(model);
        var shapes = SymbolicShapes.Of(network).All;
        Assert.Equal(["batch", "now+earlier", "4"], shapes["y"]);
        Assert.Equal(shapes["y"], shapes["mask"]);
    }

    [Fact]
    public void What_depends_on_the_data_is_told_by_what_was_seen() => Equal("[2, ~0]", "y", [SmallGraphs.Node("NonZero", ["x"], ["y"])], ["batch", 3L], []);

    [Fact]
    public void Inspection_lists_them_in_order()
    {
        var model = Open([SmallGraphs.Node("Neg", ["x"], ["h"]), SmallGraphs.Node("Flatten", ["h"], ["y"])], [], ["y"], ("x", ["n", 3L, "side"]));
        Assert.Null(Inspection.Of(model).Shapes);
        Assert.Equal(["x  [n, 3, side]", "h neg [n, 3, side]", "y flatten [n, 3*side]"],
            Inspection.Of(model, symbolic: true).Shapes!.Value.Select(value => $"{value.Name} {value.Node} [{string.Join(", ", value.Shape)}]"));
    }

    private static void Equal(string expected, string value, NodeProto[] nodes, object[] input, TensorProto[] constants)
    {
        using var network = new Network(Open(nodes, constants, [value], ("x", input)));
        Assert.Equal(expected, $"[{string.Join(", ", SymbolicShapes.Of(network).All[value])}]");
    }

    private static NodeProto Pool(string x, string y) =>
        SmallGraphs.Node("MaxPool", [x], [y], ("kernel_shape", new[] { 3L, 3 }), ("strides", new[] { 2L, 2 }), ("pads", new[] { 1L, 1, 1, 1 }));

    /// <summary>A model of float inputs whose dimensions are sizes or names.</summary>
    private static OnnxModel Open(NodeProto[] nodes, TensorProto[] constants, string[] outputs, params (string Name, object[] Shape)[] inputs)
    {
        var model = SmallGraphs.Of(17, nodes, [.. inputs.Select(input => TensorData.Of(input.Name, new float[1], [.. input.Shape.Select(_ => 1L)]))], constants, outputs);
        foreach (var (input, place) in inputs.Zip(model.Proto.Graph.Input))
            for (var axis = 0; axis < input.Shape.Length; axis++)
                place.Type.TensorType.Shape.Dim[axis] = input.Shape[axis] is long size ? new() { DimValue = size } : new() { DimParam = (string)input.Shape[axis] };
        return new OnnxModel(model.Proto, "small.onnx");
    }
}
