using System.Collections.Immutable;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tests.Criteria;

/// <summary>A classifier whose only weight is one of a kind, beside the same function written in LibTorch.</summary>
/// <param name="Word">For the test's name.</param>
/// <param name="Input">Of one example; channels come first.</param>
/// <param name="Shape">Of the weight, in the file.</param>
/// <param name="Outputs">Rows of the weight's matrix.</param>
/// <param name="Nodes">From x and w to y [batch, classes].</param>
/// <param name="Logits">The same of x and w.</param>
/// <param name="Groups">Of a convolution, whose groups see channels of their own.</param>
internal sealed record Layer(string Word, long[] Input, long[] Shape, long Outputs, NodeProto[] Nodes, Func<Tensor, Tensor, Tensor> Logits, int Groups = 1)
{
    public static ImmutableArray<Layer> All { get; } =
    [
        new("convolution", [4, 4, 4], [6, 4, 3, 3], 6, Pooled("Conv", ("pads", (long[])[1, 1, 1, 1])), (x, w) => Pool(functional.conv2d(x, w, padding: [1, 1]))),
        new("grouped convolution", [4, 4, 4], [6, 2, 3, 3], 6, Pooled("Conv", ("group", 2)), (x, w) => Pool(functional.conv2d(x, w, groups: 2)), 2),
        new("depthwise convolution", [4, 4, 4], [4, 1, 3, 3], 4, Pooled("Conv", ("group", 4)), (x, w) => Pool(functional.conv2d(x, w, groups: 4)), 4),
        new("transposed convolution", [4, 3, 3], [4, 3, 2, 2], 3, Pooled("ConvTranspose"), (x, w) => Pool(functional.conv_transpose2d(x, w))),
        new("grouped transposed convolution", [4, 3, 3], [4, 3, 2, 2], 3, Pooled("ConvTranspose", ("group", 2)), (x, w) => Pool(functional.conv_transpose2d(x, w, groups: 2))),
        new("gemm", [4], [4, 6], 6, [SmallGraphs.Node("Gemm", ["x", "w"], ["y"])], (x, w) => x.mm(w)),
        new("gemm transB", [4], [6, 4], 6, [SmallGraphs.Node("Gemm", ["x", "w"], ["y"], ("transB", 1))], (x, w) => x.mm(w.t())),
        new("gemm of the weight first", [4], [6, 4], 6, Turned(("transB", 1)), (x, w) => w.mm(x.t()).t()),
        new("gemm of the weight first, transA", [4], [4, 6], 6, Turned(("transA", 1), ("transB", 1)), (x, w) => w.t().mm(x.t()).t()),
        new("matmul", [4], [4, 6], 6, [SmallGraphs.Node("MatMul", ["x", "w"], ["y"])], (x, w) => x.matmul(w)),
        new("matmul of the weight first", [4, 3], [6, 4], 6,
            [SmallGraphs.Node("MatMul", ["w", "x"], ["a"]), SmallGraphs.Node("Flatten", ["a"], ["y"])], (x, w) => w.matmul(x).flatten(1)),
    ];

    public long Classes => Nodes[^1].OpType == "Flatten" && Input.Length == 2 ? 18 : Word.StartsWith("grouped transposed") ? 6 : Outputs;

    /// <param name="batch">Null leaves it open.</param>
    public OnnxModel Model(long? batch = null)
    {
        var model = SmallGraphs.Of(17, Nodes, [TensorData.Of("x", new float[Input.Aggregate(1L, (a, b) => a * b)], [1, .. Input])],
            [TensorData.Of("w", Values().data<float>().ToArray(), Shape)], ["y"]).Proto;
        model.Graph.Input[0].Type.TensorType.Shape.Dim[0] = batch is { } size ? new() { DimValue = size } : new() { DimParam = "batch" };
        return new(model, "small.onnx");
    }

    /// <summary>The weight as the file has it, between -1 and 1.</summary>
    public Tensor Values() => Granularities.Weights.Random(3, Shape) * 2 - 1;

    /// <summary>Inputs of which about half are zero, as after ReLU, more of them in later channels.</summary>
    public Tensor Inputs(int count)
    {
        var x = Granularities.Weights.Random(7, [count, .. Input]);
        var floor = linspace(0.2, 0.8, Input[0]).reshape([1, Input[0], .. Input[1..].Select(_ => 1L)]);
        return x * x.gt(floor);
    }

    public long[] Labels(int count) => [.. Enumerable.Range(0, count).Select(i => i * 7L % Classes)];

    public override string ToString() => Word;

    private static NodeProto[] Pooled(string type, params (string, object)[] attributes) =>
    [
        SmallGraphs.Node(type, ["x", "w"], ["a"], attributes),
        SmallGraphs.Node("GlobalAveragePool", ["a"], ["b"]),
        SmallGraphs.Node("Flatten", ["b"], ["y"]),
    ];

    private static NodeProto[] Turned(params (string, object)[] attributes) =>
        [SmallGraphs.Node("Gemm", ["w", "x"], ["a"], attributes), SmallGraphs.Node("Transpose", ["a"], ["y"], ("perm", (long[])[1, 0]))];

    private static Tensor Pool(Tensor pictures) => pictures.mean([2, 3]);
}
