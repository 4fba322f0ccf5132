using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Tests;

/// <summary>Networks of a node or a few, for laws about weights.</summary>
internal static class Nets
{
    /// <summary>y [n, out] = x [n, in]·w, w drawn from the seed; with <c>transB</c> the file holds it as [out, in].</summary>
    public static Network Dense(int inputs, int outputs, int seed = 1, bool transposed = true)
    {
        long[] shape = transposed ? [outputs, inputs] : [inputs, outputs];
        return Of([SmallGraphs.Node("Gemm", ["x", "w"], ["y"], ("transB", transposed ? 1L : 0L))], [4, inputs], [("w", shape)], seed);
    }

    /// <summary>A convolution over 6×6 pictures.</summary>
    public static Network Conv(int inputs, int outputs, int group = 1, int kernel = 3, int seed = 1) => Of(
        [SmallGraphs.Node("Conv", ["x", "w"], ["y"], ("group", (long)group))], [4, inputs, 6, 6], [("w", [outputs, inputs / group, kernel, kernel])], seed);

    /// <summary>Three layers with ReLU between them, 4 classes: 8 → 12 → 10 → 4, with biases.</summary>
    public static Network Classifier(int seed = 1, string last = "") => Of(
        [
            SmallGraphs.Node("Gemm", ["x", "w1", "b1"], ["h1"], ("transB", 1L)), SmallGraphs.Node("Relu", ["h1"], ["r1"]),
            SmallGraphs.Node("Gemm", ["r1", "w2", "b2"], ["h2"], ("transB", 1L)), SmallGraphs.Node("Relu", ["h2"], ["r2"]),
            SmallGraphs.Node("Gemm", ["r2", "w3", "b3"], [last.Length == 0 ? "y" : "h3"], ("transB", 1L)),
            .. last.Length == 0 ? (NodeProto[])[] : [SmallGraphs.Node(last, ["h3"], ["y"], ("axis", 1L))],
        ],
        [4, 8], [("w1", [12, 8]), ("b1", [12]), ("w2", [10, 12]), ("b2", [10]), ("w3", [4, 10]), ("b3", [4])], seed);

    public static Network Of(NodeProto[] nodes, long[] input, (string Name, long[] Shape)[] weights, int seed, string inputName = "x",
        params (string Name, long[] Values)[] integers)
    {
        var random = new Random(seed);
        var constants = weights.Select(weight =>
        {
            var values = new float[weight.Shape.Aggregate(1L, (product, size) => product * size)];
            for (var i = 0; i < values.Length; i++) values[i] = (float)(random.NextDouble() - 0.5);
            return TensorData.Of(weight.Name, values, weight.Shape);
        }).ToArray();
        var model = SmallGraphs.Of(17, nodes, [TensorData.Of(inputName, new float[input.Aggregate(1L, (product, size) => product * size)], input)],
            [.. constants, .. integers.Select(own => TensorData.Of(own.Name, own.Values, own.Values.Length))], ["y"]);
        model.Proto.Graph.Input[0].Type.TensorType.Shape.Dim[0] = new TensorShapeProto.Types.Dimension { DimParam = "batch" };
        return new Network(new OnnxModel(model.Proto, "small.onnx"));
    }

    public static float[] Values(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return [.. tensor.detach().contiguous().data<float>()];
    }
}
