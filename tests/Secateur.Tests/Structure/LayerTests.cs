using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static Secateur.Testing.SmallGraphs;
using static Secateur.Tests.Structure.Law;

namespace Secateur.Tests.Structure;

/// <summary>An operator between two layers: units of the first go with all that follows them, at 30 and 60 %.</summary>
public sealed class LayerTests
{
    private static readonly long[] Picture = [2, 3, 8, 8];

    /// <summary>Between two convolutions over pictures, 3 to 12 channels and on to 4.</summary>
    private static readonly Dictionary<string, (NodeProto[] Nodes, (string Name, long[] Shape)[] Weights, TensorProto[] Numbers, long Opset, int Least)> Pictures = new()
    {
        ["batch norm"] = ([Node("BatchNormalization", ["h", "s", "b", "m", "v"], ["g"])], [("s", [12]), ("b", [12]), ("m", [12])], [Values("v", 12, 0.5f)], 17, 12),
        ["group norm"] = ([Node("GroupNormalization", ["h", "s", "b"], ["g"], ("num_groups", 4L))], [("s", [12]), ("b", [12])], [], 21, 4),
        ["group norm of groups"] = ([Node("GroupNormalization", ["h", "s", "b"], ["g"], ("num_groups", 4L))], [("s", [4]), ("b", [4])], [], 18, 4),
        ["group norm decomposed"] =
        ([
            Node("Reshape", ["h", "groups"], ["a"]), Node("InstanceNormalization", ["a", "one", "none"], ["n"]), Node("Shape", ["h"], ["shape"]), Node("Reshape", ["n", "shape"], ["c"]),
            Node("Mul", ["c", "s"], ["d"]), Node("Add", ["d", "b"], ["g"]),
        ], [("s", [12, 1, 1]), ("b", [12, 1, 1])], [Numbers("groups", 0, 4, -1), Values("one", 4, 1), Values("none", 4, 0)], 17, 4),
        ["instance norm"] = ([Node("InstanceNormalization", ["h", "s", "b"], ["g"])], [("s", [12]), ("b", [12])], [], 17, 12),
        ["local response"] = ([Node("LRN", ["h"], ["n"], ("size", 3L)), Node("Conv", ["n", "w3"], ["p"]), Node("Relu", ["p"], ["g"])], [("w3", [12, 12, 1, 1])], [], 17, 12),
        ["slopes"] = ([Node("PRelu", ["h", "s"], ["g"])], [("s", [12, 1, 1])], [], 17, 12),
        ["squeeze and excite"] =
        ([
            Node("GlobalAveragePool", ["h"], ["p"]), Node("Conv", ["p", "down"], ["d"]), Node("Relu", ["d"], ["r"]), Node("Conv", ["r", "up"], ["u"]), Node("HardSigmoid", ["u"], ["f"]), Node("Mul", ["h", "f"], ["g"]),
        ], [("down", [5, 12, 1, 1]), ("up", [12, 5, 1, 1])], [], 17, 17),
        ["depthwise"] = ([Node("Conv", ["h", "d", "b"], ["g"], ("group", 12L), ("pads", new[] { 1L, 1, 1, 1 }))], [("d", [12, 1, 3, 3]), ("b", [12])], [], 17, 12),
        ["two of each"] = ([Node("Conv", ["h", "d"], ["t"], ("group", 12L)), Node("Conv", ["t", "p"], ["g"])], [("d", [24, 1, 3, 3]), ("p", [12, 24, 1, 1])], [], 17, 24),
        ["grouped"] = ([Node("Conv", ["h", "d", "b"], ["g"], ("group", 3L))], [("d", [12, 4, 3, 3]), ("b", [12])], [], 17, 11),
        ["grouped transposed"] = ([Node("ConvTranspose", ["h", "d", "b"], ["g"], ("group", 3L), ("strides", new[] { 2L, 2 }))], [("d", [12, 4, 3, 3]), ("b", [12])], [], 17, 7),
        ["shuffle"] =
        ([
            Node("Reshape", ["h", "apart"], ["a"]), Node("Transpose", ["a"], ["t"], ("perm", new[] { 0L, 2, 1, 3, 4 })), Node("Reshape", ["t", "back"], ["g"]),
        ], [], [Numbers("apart", 0, 3, 4, 8, 8), Numbers("back", 0, -1, 8, 8)], 17, 7),
        ["halves, one gating the other"] = ([Node("Split", ["h"], ["a", "b"], ("axis", 1L)), Node("Sigmoid", ["b"], ["f"]), Node("Mul", ["a", "f"], ["m"]), Node("Concat", ["m", "a"], ["g"], ("axis", 1L))], [], [], 13, 6),
        ["three parts, one left out"] = ([Node("Split", ["h", "sizes"], ["a", "b", "c"], ("axis", 1L)), Node("Concat", ["c", "a", "a"], ["g"], ("axis", 1L))], [], [Numbers("sizes", 4, 4, 4)], 13, 12),
        ["slices"] =
        ([
            Node("Slice", ["h", "none", "mid", "axis"], ["a"]), Node("Slice", ["h", "mid", "far", "axis"], ["b"]), Node("Slice", ["h", "back", "far", "axis"], ["c"]), Node("Concat", ["b", "c", "a"], ["t"], ("axis", 1L)),
            Node("Slice", ["t", "none", "dozen", "axis"], ["g"]),
        ], [], [Numbers("none", 0), Numbers("mid", 5), Numbers("far", long.MaxValue), Numbers("back", -4), Numbers("axis", 1), Numbers("dozen", 12)], 17, 11),
        ["channels picked"] = ([Node("Gather", ["h", "places"], ["g"], ("axis", 1L))], [], [Numbers("places", 6, 7, 8, 9, 10, 11, 0, 1, 2, -9, 4, 5)], 17, 12),
        ["resized by scales"] = ([Node("Resize", ["h", "", "scales"], ["g"], ("mode", "linear"))], [], [Scales("scales", 1, 1, 2, 2)], 17, 12),
        ["resized to sizes"] = ([Node("Resize", ["h", "", "", "sizes"], ["g"], ("mode", "nearest"))], [], [Numbers("sizes", 2, 12, 16, 16)], 17, 12),
        ["resized with the channels last"] =
        ([
            Node("Transpose", ["h"], ["t"], ("perm", new[] { 0L, 2, 3, 1 })), Node("Resize", ["t", "", "scales"], ["r"], ("mode", "linear")), Node("Transpose", ["r"], ["g"], ("perm", new[] { 0L, 3, 1, 2 })),
        ], [], [Scales("scales", 1, 2, 2, 1)], 17, 12),
        ["blocks of pictures"] = ([Node("DepthToSpace", ["h"], ["g0"], ("blocksize", 2L)), Node("SpaceToDepth", ["g0"], ["g"], ("blocksize", 2L))], [], [], 17, 3),
        ["blocks, channels first"] = ([Node("DepthToSpace", ["h"], ["g0"], ("blocksize", 2L), ("mode", "CRD")), Node("Conv", ["g0", "p"], ["g"])], [("p", [12, 3, 1, 1])], [], 17, 15),
        ["padded channels"] = ([Node("Conv", ["h", "p"], ["t"]), Node("Pad", ["t", "pads"], ["g"])], [("p", [9, 12, 1, 1])], [Numbers("pads", 0, 1, 0, 0, 0, 2, 1, 1)], 17, 21),
        ["pooled, with its places"] = ([Node("MaxPool", ["h"], ["m", "i"], ("kernel_shape", new[] { 2L, 2 })), Node("Cast", ["i"], ["f"], ("to", 1L)), Node("Relu", ["f"], ["f2"]), Node("Conv", ["m", "p"], ["g"])], [("p", [12, 12, 1, 1])], [], 17, 12),
        ["means of pictures"] = ([Node("ReduceMean", ["h"], ["m"], ("axes", new[] { 2L, 3 })), Node("Add", ["h", "m"], ["g"])], [], [], 13, 12),
        ["norm over channels"] = ([Node("LpNormalization", ["h"], ["g"], ("axis", 1L))], [], [], 17, 12),
        ["norm by its parts"] = ([Node("ReduceL2", ["h"], ["n"], ("axes", new[] { 1L })), Node("Div", ["h", "n"], ["g"])], [], [], 13, 12),
        ["summed up along channels"] = ([Node("CumSum", ["h", "one"], ["g"])], [], [TensorData.Of("one", [1L])], 17, 12),
        ["the largest, elementwise"] = ([Node("Max", ["h", "s"], ["m"]), Node("Where", ["yes", "m", "h"], ["w"]), Node("Clip", ["w", "low"], ["g"])], [("s", [12, 1, 1])], [TensorData.Of("low", [0f]), Bools("yes", 12, 1, 1)], 17, 12),
        ["quantized and back"] = ([Node("QuantizeLinear", ["h", "step", "zp"], ["q"]), Node("DequantizeLinear", ["q", "step", "zp"], ["g"])], [], [TensorData.Of("step", [0.02f]), Bytes("zp", 120)], 13, 12),
        ["a step a channel"] = ([Node("QuantizeLinear", ["h", "steps", "zps"], ["q"], ("axis", 1L)), Node("DequantizeLinear", ["q", "steps", "zps"], ["g"], ("axis", 1L))], [], [Values("steps", 12, 0.02f), BytesOf("zps", 12)], 13, 12),
        ["a quantized kernel"] = ([Node("DequantizeLinear", ["k", "steps", "zps"], ["w3"], ("axis", 0L)), Node("Conv", ["h", "w3"], ["g"])], [], [BytesOf("k", 12, 12, 3, 3), Values("steps", 12, 0.02f), BytesOf("zps", 12)], 13, 24),
        ["a quantized convolution"] =
        ([
            Node("QuantizeLinear", ["h", "step", "zp"], ["q"]), Node("QLinearConv", ["q", "step", "zp", "k", "steps", "zps", "out", "zp", "bias"], ["c"], ("pads", new[] { 1L, 1, 1, 1 })), Node("DequantizeLinear", ["c", "out", "zp"], ["g"]),
        ], [], [BytesOf("k", 12, 12, 3, 3), Values("steps", 12, 0.02f), BytesOf("zps", 12), TensorData.Of("step", [0.02f]), TensorData.Of("out", [0.1f]), Bytes("zp", 120), Tensor("bias", DataType.Int32, new ReadOnlySpan<int>([.. Enumerable.Range(0, 12)]), 12)], 13, 24),
        ["a quantized depthwise convolution"] =
        ([
            Node("QuantizeLinear", ["h", "step", "zp"], ["q"]), Node("ConvInteger", ["q", "k", "zp", "zp2"], ["c"], ("group", 12L)), Node("Cast", ["c"], ["g"], ("to", 1L)),
        ], [], [BytesOf("k", 12, 1, 3, 3), TensorData.Of("step", [0.02f]), Bytes("zp", 120), Bytes("zp2", 9)], 13, 12),
    };

    /// <summary>Between two matrix products, [2, 5, 6] to 24 and on to 4.</summary>
    private static readonly Dictionary<string, (NodeProto[] Nodes, (string Name, long[] Shape)[] Weights, TensorProto[] Numbers, long Opset, int Least)> Rows = new()
    {
        ["gelu with a bias"] = ([Node("com.microsoft.BiasGelu", ["h", "b"], ["g"])], [("b", [24])], [], 17, 24),
        ["heads by einsum"] =
        ([
            Node("Reshape", ["h", "heads"], ["q"]), Node("MatMul", ["x", "wk"], ["k0"]), Node("Reshape", ["k0", "heads"], ["k"]), Node("Einsum", ["q", "k"], ["s"], ("equation", "blhd,bmhd->bhlm")),
            Node("Softmax", ["s"], ["p"], ("axis", -1L)), Node("Einsum", ["p", "k"], ["o"], ("equation", "bhlm,bmhd->blhd")), Node("Reshape", ["o", "flat"], ["g"]),
        ], [("wk", [6, 24])], [Numbers("heads", 2, 5, 4, 6), Numbers("flat", 2, 5, 24)], 17, 10),
        ["experts by einsum"] = ([Node("Einsum", ["h", "e"], ["t"], ("equation", "bld,edf->blef")), Node("Relu", ["t"], ["r"]), Node("Einsum", ["r", "f"], ["g"], ("equation", "blef,efd->bld"))], [("e", [3, 24, 7]), ("f", [3, 7, 24])], [], 17, 34),
        ["packed attention"] = ([Node("com.microsoft.Attention", ["h", "qkv", "b"], ["g"], ("num_heads", 4L))], [("qkv", [24, 72]), ("b", [72])], [], 17, 40),
        ["packed attention of other sizes"] = ([Node("com.microsoft.Attention", ["h", "qkv", "b"], ["a"], ("num_heads", 2L), ("qkv_hidden_sizes", new[] { 8L, 8, 12 })), Node("MatMul", ["a", "p"], ["g"])], [("qkv", [24, 28]), ("b", [28]), ("p", [12, 24])], [], 17, 60),
        ["attention of heads in a row"] = ([Node("MatMul", ["x", "wk"], ["k"]), Node("MatMul", ["x", "wv"], ["v"]), Node("com.microsoft.MultiHeadAttention", ["h", "k", "v", "b"], ["g"], ("num_heads", 4L))], [("wk", [6, 24]), ("wv", [6, 24]), ("b", [72])], [], 17, 16),
        ["standard attention"] = ([Node("MatMul", ["x", "wk"], ["k"]), Node("MatMul", ["x", "wv"], ["v"]), Node("Attention", ["h", "k", "v"], ["g"], ("q_num_heads", 4L), ("kv_num_heads", 2L))], [("wk", [6, 12]), ("wv", [6, 12])], [], 23, 16),
        ["rotary"] =
        ([
            Node("RotaryEmbedding", ["h", "cos", "sin", "places"], ["q"], ("num_heads", 4L)), Node("MatMul", ["x", "wk"], ["k0"]), Node("RotaryEmbedding", ["k0", "cos", "sin", "places"], ["k"], ("num_heads", 4L)),
            Node("Attention", ["q", "k", "k"], ["g"], ("q_num_heads", 4L), ("kv_num_heads", 4L)),
        ], [("wk", [6, 24]), ("cos", [9, 3]), ("sin", [9, 3])], [TensorData.Of("places", [0L, 1, 2, 3, 4, 0, 1, 2, 3, 4], 2, 5)], 23, 7),
        ["recurrent"] = ([Node("LSTM", ["h", "wi", "wr", "wb"], ["y4"], ("hidden_size", 8L)), Node("Squeeze", ["y4", "one"], ["y3"]), Node("MatMul", ["y3", "p"], ["g"])], [("wi", [1, 32, 24]), ("wr", [1, 32, 8]), ("wb", [1, 64]), ("p", [8, 24])], [Numbers("one", 1)], 17, 56),
        ["recurrent both ways"] =
        ([
            Node("GRU", ["h", "wi", "wr", "wb"], ["y4"], ("hidden_size", 8L), ("direction", "bidirectional"), ("linear_before_reset", 1L)), Node("Transpose", ["y4"], ["t"], ("perm", new[] { 0L, 2, 1, 3 })), Node("Reshape", ["t", "flat"], ["y3"]), Node("MatMul", ["y3", "p"], ["g"]),
        ], [("wi", [2, 24, 24]), ("wr", [2, 24, 8]), ("wb", [2, 48]), ("p", [16, 24])], [Numbers("flat", 0, 0, -1)], 17, 56),
        ["an embedding added"] = ([Node("Gather", ["table", "places"], ["e"]), Node("Add", ["h", "e"], ["g"])], [("table", [7, 24])], [Numbers("places", 0, 2, 4, 6, 1)], 17, 24),
        ["expanded"] = ([Node("Shape", ["h"], ["shape"]), Node("Expand", ["s", "shape"], ["e"]), Node("Mul", ["h", "e"], ["g"])], [("s", [1, 1, 24])], [], 17, 24),
        ["filled to its shape"] = ([Node("Shape", ["h"], ["shape"]), Node("ConstantOfShape", ["shape"], ["c"], ("value", TensorData.Of("", [0.5f], 1))), Node("Add", ["h", "c"], ["g"])], [], [], 17, 24),
        ["tiled"] = ([Node("Tile", ["h", "times"], ["t"]), Node("MatMul", ["t", "p"], ["g"])], [("p", [48, 24])], [Numbers("times", 1, 1, 2)], 17, 48),
        ["a bias of which a part is zero"] = ([Node("ScatterND", ["b", "places", "none"], ["b2"]), Node("Add", ["h", "b2"], ["g"])], [("b", [24])], [TensorData.Of("places", [8L, 9, 10, 11, 12, 13, 14, 15], 8, 1), Values("none", 8, 0)], 17, 24),
        ["an integer product"] = ([Node("QuantizeLinear", ["h", "step", "zp"], ["q"]), Node("MatMulInteger", ["q", "k", "zp", "zps"], ["i"]), Node("Cast", ["i"], ["g"], ("to", 1L))], [], [TensorData.Of("step", [0.02f]), Bytes("zp", 120), BytesOf("k", 24, 24), BytesOf("zps", 24)], 17, 48),
        ["a quantized sum"] =
        ([
            Node("QuantizeLinear", ["h", "step", "zp"], ["q"]), Node("com.microsoft.QLinearAdd", ["q", "step", "zp", "k", "step", "zp", "step", "zp"], ["s"]), Node("DequantizeLinear", ["s", "step", "zp"], ["g"]),
        ], [], [TensorData.Of("step", [0.02f]), Bytes("zp", 120), BytesOf("k", 24)], 17, 24),
    };

    public static TheoryData<string> PictureNames => [.. Pictures.Keys];

    public static TheoryData<string> RowNames => [.. Rows.Keys];

    [Theory, MemberData(nameof(PictureNames))]
    public void Between_convolutions(string name)
    {
        var (nodes, weights, numbers, opset, least) = Pictures[name];
        Holds(Net([Node("Conv", ["x", "w1", "b1"], ["h"]), .. nodes, Node("Conv", ["g", "w2"], ["y"])],
            [("x", Picture)], [("w1", [12, 3, 1, 1]), ("b1", [12]), ("w2", [4, 12, 1, 1]), .. weights], numbers, ["y"], opset), least, Floats("x", new Random(5), Picture));
    }

    [Theory, MemberData(nameof(RowNames))]
    public void Between_matrix_products(string name)
    {
        var (nodes, weights, numbers, opset, least) = Rows[name];
        Holds(Net([Node("MatMul", ["x", "w1"], ["h"]), .. nodes, Node("MatMul", ["g", "w2"], ["y"])],
            [("x", [2, 5, 6])], [("w1", [6, 24]), ("w2", [24, 4]), .. weights], numbers, ["y"], opset), least, Floats("x", new Random(5), 2, 5, 6));
    }

    private static TensorProto Values(string name, int count, float value) => TensorData.Of(name, [.. Enumerable.Repeat(value, count)], count);

    private static TensorProto Scales(string name, params float[] values) => TensorData.Of(name, values, values.Length);

    private static TensorProto Bools(string name, params long[] shape) =>
        Tensor(name, DataType.Bool, new ReadOnlySpan<bool>([.. Enumerable.Range(0, (int)shape.Aggregate((one, other) => one * other)).Select(place => place % 3 > 0)]), shape);

    private static TensorProto Bytes(string name, byte value) => Tensor(name, DataType.Uint8, new ReadOnlySpan<byte>([value]));

    private static TensorProto BytesOf(string name, params long[] shape) =>
        Tensor(name, DataType.Uint8, new ReadOnlySpan<byte>([.. Enumerable.Range(0, (int)shape.Aggregate((one, other) => one * other)).Select(place => (byte)(100 + place * 37 % 56))]), shape);
}
