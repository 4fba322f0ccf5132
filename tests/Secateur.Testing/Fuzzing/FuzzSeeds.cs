using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static Secateur.Testing.SmallGraphs;

namespace Secateur.Testing.Fuzzing;

/// <summary>Small models that use, between them, every way in which a file holds something.</summary>
public static class FuzzSeeds
{
    private const string DataName = "weights.bin";

    /// <param name="folder">Where the mutated files are to lie: the external data is written there.</param>
    public static IReadOnlyList<byte[]> In(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, DataName), [.. Enumerable.Range(0, 4096 + 64).Select(i => (byte)(i % 61))]);
        return [.. new[] { Constants(), Pictures(), ControlFlow(), WithFunctions(), External(), Encoder(), Quantized(), Indices(), Recurrent() }.Select(proto => proto.ToByteArray())];
    }

    private static ModelProto Constants()
    {
        var typed = new TensorProto { Name = "typed", DataType = (int)DataType.Float };
        typed.Dims.Add([3L, 4]);
        typed.FloatData.Add(Enumerable.Range(0, 12).Select(i => 0.1f * i - 0.5f));
        var words = new TensorProto { Name = "words", DataType = (int)DataType.String };
        words.Dims.Add(1);
        words.StringData.Add(ByteString.CopyFromUtf8("text"));
        var sparse = TensorData.Of("sparse", [0, 0, 1.5f, 0, -2, 0, 0, 0, 0, 0.25f, 0, 0], 4, 3);
        var nibbles = Tensor<byte>("nibbles", DataType.Uint4, [0x12, 0x3], 3);
        var proto = Of(17,
            [
                Node("Constant", [], ["bias"], ("value", TensorData.Of("", [1f, 2, 3, 4], 4))),
                Node("Constant", [], ["number"], ("value_float", 0.5f)),
                Node("MatMul", ["x", "typed"], ["a"]), Node("Add", ["a", "bias"], ["b"]), Node("MatMul", ["b", "sparse"], ["c"]), Node("Mul", ["c", "number"], ["y"]),
            ],
            [TensorData.Of("x", new float[6], 2, 3)], [typed, words, nibbles, sparse], ["y"]).Proto;
        proto.Graph.Initializer.Remove(sparse);
        proto.Graph.SparseInitializer.Add(SparseTensor.FromDense(sparse));
        proto.Graph.ValueInfo.Add(Describe(TensorData.Of("a", new float[8], 2, 4)));
        proto.MetadataProps.Add(new StringStringEntryProto { Key = "made-by", Value = "the tests" });
        return proto;
    }

    private static ModelProto Pictures() => Of(13,
        [
            Node("Conv", ["x", "w1", "b1"], ["conv"], ("pads", new long[] { 1, 1, 1, 1 }), ("strides", new long[] { 1, 1 })),
            Node("BatchNormalization", ["conv", "scale", "b1", "b1", "scale"], ["norm"], ("epsilon", 1e-5f)),
            Node("Clip", ["norm", "zero"], ["relu"]),
            Node("MaxPool", ["relu"], ["pool"], ("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 })),
            Node("ConvTranspose", ["pool", "w2"], ["up"], ("strides", new long[] { 2, 2 })),
            Node("Resize", ["up", "", "scales"], ["large"], ("mode", "linear")),
            Node("Pad", ["large", "pads"], ["padded"]),
            Node("AveragePool", ["padded"], ["small"], ("kernel_shape", new long[] { 3, 3 })),
            Node("GlobalAveragePool", ["small"], ["means"]),
            Node("Flatten", ["means"], ["flat"]),
            Node("Gemm", ["flat", "w3", "b3"], ["y"], ("transB", 1L)),
        ],
        [TensorData.Of("x", new float[2 * 16], 1, 2, 4, 4)],
        [
            Weight("w1", 4, 2, 3, 3), Weight("b1", 4), Weight("scale", 4), TensorData.Of("zero", [0f]), Weight("w2", 4, 2, 2, 2),
            TensorData.Of("scales", [1f, 1, 2, 2], 4), TensorData.Of("pads", [0L, 0, 1, 1, 0, 0, 1, 1], 8), Weight("w3", 3, 2), Weight("b3", 3),
        ], ["y"]).Proto;

    private static ModelProto ControlFlow()
    {
        GraphProto Branch(string type) => Graph([Node(type, ["product"], ["inner"])], [], [], [Describe(TensorData.Of("inner", new float[4], 2, 2))]);
        var body = Graph(
            [
                Node("MatMul", ["s", "w"], ["product"]), Node("ReduceSum", ["product"], ["total"], ("keepdims", 0L)), Node("Greater", ["total", "zero"], ["positive"]),
                Node("If", ["positive"], ["next"], ("then_branch", Branch("Neg")), ("else_branch", Branch("Identity"))), Node("Add", ["next", "captured"], ["each"]), Node("Identity", ["going"], ["go"]),
            ],
            [TensorData.Of("trip", [0L]), Tensor<bool>("going", DataType.Bool, [true]), TensorData.Of("s", new float[4], 2, 2)], [Weight("w", 2, 2), TensorData.Of("zero", [0f])],
            [Describe(Tensor<bool>("go", DataType.Bool, [true])), Describe(TensorData.Of("next", new float[4], 2, 2)), Describe(TensorData.Of("each", new float[4], 2, 2))]);
        var scan = Graph([Node("Add", ["sum_in", "slice"], ["sum_out"]), Node("Identity", ["sum_out"], ["seen"])], [TensorData.Of("sum_in", new float[2], 2), TensorData.Of("slice", new float[2], 2)], [],
            [Describe(TensorData.Of("sum_out", new float[2], 2)), Describe(TensorData.Of("seen", new float[2], 2))]);
        return Of(16,
            [
                Node("Neg", ["x"], ["captured"]), Node("Loop", ["trips", "", "x"], ["last", "all"], ("body", body)),
                Node("Scan", ["start", "last"], ["sum", "sums"], ("body", scan), ("num_scan_inputs", 1L), ("scan_input_axes", new long[] { 1 })), Node("Concat", ["sums", "last"], ["y"], ("axis", 0L)),
            ],
            [TensorData.Of("x", new float[4], 2, 2)], [TensorData.Of("trips", [3L]), Weight("start", 2)], ["y", "all"]).Proto;
    }

    private static ModelProto WithFunctions()
    {
        var slope = Node("LeakyRelu", ["p"], ["q"]);
        slope.Attribute.Add(new AttributeProto { Name = "alpha", RefAttrName = "slope" });
        NodeProto Call(string type, string input, string output) => new() { OpType = type, Domain = "own", Input = { input }, Output = { output } };
        OperatorSetIdProto[] sets = [new() { Version = 17 }, new() { Domain = "own", Version = 1 }];
        var inner = new FunctionProto { Name = "inner", Domain = "own", Input = { "p" }, Output = { "r" }, Node = { slope, Node("Softmax", ["q"], ["r"]) }, OpsetImport = { sets } };
        inner.AttributeProto.Add(new AttributeProto { Name = "slope", F = 0.5f });
        var outer = new FunctionProto { Name = "outer", Domain = "own", Input = { "a" }, Output = { "s" }, Node = { Call("inner", "a", "m"), Node("Add", ["m", "a"], ["s"]) }, OpsetImport = { sets } };
        var proto = Of(17, [Node("MatMul", ["x", "w"], ["h"]), Node("Neg", ["h"], ["f"]), Node("Neg", ["f"], ["y"])], [TensorData.Of("x", new float[4], 2, 2)], [Weight("w", 2, 2)], ["y"]).Proto;
        proto.Graph.Node[1] = Call("outer", "h", "f");
        proto.Graph.Node[2] = Call("outer", "f", "y");
        proto.OpsetImport.Add(sets[1]);
        proto.Functions.Add([inner, outer]);
        return proto;
    }

    private static ModelProto External()
    {
        var proto = Of(17, [Node("MatMul", ["x", "w1"], ["h"]), Node("Gemm", ["h", "w2"], ["y"])], [TensorData.Of("x", new float[4], 1, 4)], [Weight("w1", 4, 4), Weight("w2", 4, 4)], ["y"]).Proto;
        foreach (var (index, tensor) in proto.Graph.Initializer.Index())
        {
            tensor.ClearRawData();
            tensor.DataLocation = DataLocation.External;
            tensor.ExternalData.Add([new() { Key = "location", Value = DataName }, new() { Key = "offset", Value = $"{index * 4096}" }, new() { Key = "length", Value = "64" }]);
        }
        return proto;
    }

    private static ModelProto Encoder() => Of(17,
        [
            Node("Gather", ["table", "ids"], ["embedded"]), Node("LayerNormalization", ["embedded", "scale", "shift"], ["normal"]), Node("MatMul", ["normal", "wq"], ["q"]),
            Node("Transpose", ["normal"], ["k"], ("perm", new long[] { 0, 2, 1 })), Node("MatMul", ["q", "k"], ["scores"]), Node("Softmax", ["scores"], ["shares"]),
            Node("MatMul", ["shares", "normal"], ["mixed"]), Node("Shape", ["mixed"], ["shape"]), Node("Slice", ["shape", "from", "to"], ["front"]), Node("Concat", ["front", "minus"], ["wanted"], ("axis", 0L)),
            Node("Reshape", ["mixed", "wanted"], ["flat"]), Node("ConstantOfShape", ["shape"], ["zeros"], ("value", TensorData.Of("", [0.5f], 1))), Node("Expand", ["shift", "shape"], ["wide"]),
            Node("Add", ["zeros", "wide"], ["sum"]), Node("ReduceMean", ["sum"], ["mean"], ("axes", new long[] { 1 })), Node("Tile", ["mean", "repeats"], ["tiled"]), Node("Split", ["tiled"], ["left", "right"], ("axis", 2L)),
            Node("Cast", ["ids"], ["numbers"], ("to", 1L)), Node("Einsum", ["flat", "flat"], ["product"], ("equation", "bij,bij->b")), Node("Range", ["zero", "two", "one"], ["steps"]),
        ],
        [Tensor<long>("ids", DataType.Int64, [0, 1, 2], 1, 3)],
        [
            Weight("table", 5, 4), Weight("scale", 4), Weight("shift", 4), Weight("wq", 4, 4), TensorData.Of("from", [0L], 1), TensorData.Of("to", [2L], 1), TensorData.Of("minus", [-1L], 1),
            TensorData.Of("repeats", [1L, 2, 1], 3), TensorData.Of("zero", [0L]), TensorData.Of("two", [2L]), TensorData.Of("one", [1L]),
        ], ["product", "left", "right", "numbers", "steps"]).Proto;

    private static ModelProto Quantized()
    {
        var proto = Of(21,
            [
                Node("QuantizeLinear", ["x", "step", "middle"], ["xq"]), Node("DequantizeLinear", ["xq", "step", "middle"], ["xd"]),
                Node("DequantizeLinear", ["wq", "steps", "nones"], ["wd"], ("axis", 0L)), Node("Conv", ["xd", "wd"], ["conv"], ("pads", new long[] { 1, 1, 1, 1 })),
                Node("QLinearConv", ["xq", "step", "middle", "wq", "steps", "nones", "step", "middle"], ["convq"]), Node("ConvInteger", ["xq", "wq", "middle"], ["whole"]),
                Node("DynamicQuantizeLinear", ["flat"], ["fq", "fs", "fz"]), Node("Flatten", ["conv"], ["flat"]),
                Node("MatMulInteger", ["fq", "mq", "fz"], ["product"]), Node("QLinearMatMul", ["fq", "fs", "fz", "mq", "step", "none", "step", "middle"], ["productq"]),
                Node("DequantizeLinear", ["blocks", "blockSteps"], ["bd"], ("axis", 0L), ("block_size", 4L)), Node("MatMul", ["small", "bd"], ["y"]),
                Node("com.microsoft.MatMulNBits", ["small", "packed", "packedSteps"], ["n"], ("K", 8L), ("N", 2L), ("bits", 4L), ("block_size", 16L)),
            ],
            [TensorData.Of("x", new float[2 * 16], 1, 2, 4, 4), TensorData.Of("small", new float[8], 1, 8)],
            [
                TensorData.Of("step", [0.05f]), Tensor<byte>("middle", DataType.Uint8, [128]), Tensor<sbyte>("none", DataType.Int8, [0]), Tensor<sbyte>("nones", DataType.Int8, [0, 0, 0], 3), TensorData.Of("steps", [0.1f, 0.2f, 0.3f], 3),
                Tensor<sbyte>("wq", DataType.Int8, [.. Enumerable.Range(0, 54).Select(i => (sbyte)(i * 5 - 127))], 3, 2, 3, 3), Tensor<sbyte>("mq", DataType.Int8, [.. Enumerable.Range(0, 96).Select(i => (sbyte)(i - 48))], 48, 2),
                Tensor<byte>("blocks", DataType.Int4, [.. Enumerable.Range(0, 8).Select(i => (byte)(i * 29))], 8, 2), TensorData.Of("blockSteps", [0.1f, 0.2f, 0.3f, 0.4f], 2, 2),
                Tensor<byte>("packed", DataType.Uint8, [.. Enumerable.Range(0, 16).Select(i => (byte)(i * 17))], 2, 1, 8), TensorData.Of("packedSteps", [0.1f, 0.2f], 2),
            ], ["y", "convq", "whole", "product", "productq", "n"]).Proto;
        proto.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        return proto;
    }

    private static ModelProto Indices() => Of(18,
        [
            Node("TopK", ["x", "k"], ["best", "places"]), Node("GatherElements", ["x", "places"], ["picked"], ("axis", -1L)), Node("ScatterElements", ["x", "places", "best"], ["put"], ("axis", 1L), ("reduction", "add")),
            Node("GatherND", ["x", "pairs"], ["points"]), Node("ScatterND", ["x", "pairs", "points"], ["back"]), Node("NonZero", ["x"], ["where"]), Node("OneHot", ["places", "depth", "both"], ["hot"]),
            Node("CumSum", ["x", "axis"], ["sums"]), Node("ArgMax", ["x"], ["first"], ("axis", 1L)), Node("Trilu", ["x"], ["upper"]), Node("Unique", ["x"], ["values", "at"]),
            Node("GridSample", ["picture", "grid"], ["seen"]), Node("RoiAlign", ["picture", "boxes", "which"], ["crops"], ("output_height", 2L), ("output_width", 2L)),
            Node("NonMaxSuppression", ["candidates", "scores", "k"], ["chosen"]), Node("DepthToSpace", ["picture"], ["wide"], ("blocksize", 2L)), Node("MaxPool", ["picture"], ["pooled", "from"], ("kernel_shape", new long[] { 2, 2 })),
            Node("MaxUnpool", ["pooled", "from"], ["unpooled"], ("kernel_shape", new long[] { 2, 2 })), Node("MatMul", ["put", "w"], ["y"]),
        ],
        [TensorData.Of("x", [.. Enumerable.Range(0, 12).Select(i => i % 5 - 1f)], 3, 4), TensorData.Of("picture", new float[4 * 16], 1, 4, 4, 4)],
        [
            TensorData.Of("k", [2L], 1), TensorData.Of("pairs", [0L, 1, 2, 3], 2, 2), TensorData.Of("depth", [5L]), TensorData.Of("both", [0f, 1], 2), TensorData.Of("axis", [1L]), Weight("grid", 1, 3, 3, 2),
            TensorData.Of("boxes", [0f, 0, 3, 3, 1, 1, 2, 2], 2, 4), TensorData.Of("which", [0L, 0], 2), TensorData.Of("candidates", [0f, 0, 1, 1, 0, 0, 1, 1.1f, 2, 2, 3, 3], 1, 3, 4), TensorData.Of("scores", [0.9f, 0.8f, 0.7f], 1, 1, 3), Weight("w", 4, 2),
        ], ["y", "picked", "back", "where", "hot", "sums", "first", "upper", "values", "seen", "crops", "chosen", "wide", "unpooled"]).Proto;

    private static ModelProto Recurrent() => Of(14,
        [
            Node("LSTM", ["x", "w4", "r4", "b4", "lengths"], ["states", "", "cell"], ("hidden_size", 2L), ("direction", "bidirectional")), Node("GRU", ["x", "w3", "r3"], ["gated"], ("hidden_size", 2L), ("linear_before_reset", 1L)),
            Node("RNN", ["x", "w1", "r1"], ["plain"], ("hidden_size", 2L), ("activations", new[] { "Relu" })), Node("ReverseSequence", ["x", "lengths"], ["turned"], ("time_axis", 0L), ("batch_axis", 1L)),
            Node("Squeeze", ["plain", "one"], ["flat"]), Node("MatMul", ["flat", "v"], ["y"]),
        ],
        [TensorData.Of("x", new float[3 * 2 * 3], 3, 2, 3)],
        [
            Weight("w4", 2, 8, 3), Weight("r4", 2, 8, 2), Weight("b4", 2, 16), Tensor<int>("lengths", DataType.Int32, [3, 2], 2), Weight("w3", 1, 6, 3), Weight("r3", 1, 6, 2), Weight("w1", 1, 2, 3), Weight("r1", 1, 2, 2),
            TensorData.Of("one", [1L], 1), Weight("v", 2, 2),
        ], ["y", "states", "cell", "gated", "turned"]).Proto;

    private static TensorProto Weight(string name, params long[] shape) =>
        TensorData.Of(name, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(i => (i * 37 + name.Length) % 19 / 19f - 0.4f)], shape);
}
