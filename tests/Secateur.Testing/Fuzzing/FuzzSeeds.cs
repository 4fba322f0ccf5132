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
        return [.. new[] { Constants(), Pictures(), ControlFlow(), WithFunctions(), External(), Encoder() }.Select(proto => proto.ToByteArray())];
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

    private static TensorProto Weight(string name, params long[] shape) =>
        TensorData.Of(name, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(i => (i * 37 + name.Length) % 19 / 19f - 0.4f)], shape);
}
