using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>Products of integers: sums and bytes are those of ONNX Runtime to the last bit, and what becomes floats again is near.</summary>
public sealed class IntegerTests
{
    private static readonly Dictionary<string, (string Fused, Func<Case, string> Make)> Cases = new()
    {
        ["MatMulInteger, no zero points"] = ("-", g => g.Node("MatMulInteger", [g.ByteInput(false, 5, 33), g.Integers(true, 1, [0], 33, 17)])),
        ["MatMulInteger of a signed input"] = ("-", g => g.Node("MatMulInteger", [g.ByteInput(true, 5, 33), g.Integers(true, 1, [0], 33, 17), g.Zeros(true, -7)])),
        ["MatMulInteger, zero points"] = ("-", g => g.Node("MatMulInteger", [g.ByteInput(false, 3, 67, 40), g.Integers(false, 1, [131], 40, 96), g.Zeros(false, 99), g.Zeros(false, 131)])),
        ["MatMulInteger, one zero point for each output"] = ("-", g =>
        {
            int[] zeros = [.. Enumerable.Range(0, 31).Select(i => 100 + i)];
            return g.Node("MatMulInteger", [g.ByteInput(false, 2, 3, 11, 64), g.Integers(false, 1, zeros, 64, 31), g.Zeros(false, 255), g.Zeros(false, zeros)]);
        }
        ),
        ["MatMulInteger of one token"] = ("-", g => g.Node("MatMulInteger", [g.ByteInput(false, 1, 130), g.Integers(true, 1, [3], 130, 70), g.Zeros(false, 128), g.Zeros(true, 3)])),
        ["MatMulInteger of many tokens"] = ("-", g => g.Node("MatMulInteger", [g.ByteInput(true, 1, 700, 48), g.Integers(true, 1, [-3], 48, 50), g.Zeros(true, 5), g.Zeros(true, -3)])),
        ["MatMulInteger of nothing"] = ("-", g => g.Node("MatMulInteger", [g.ByteInput(false, 2, 0, 48), g.Integers(true, 1, [0], 48, 50)])),
        ["quantized as it runs"] = ("Cast, Mul", g => Dynamic(g, 1, 9, 48, 50)),
        ["quantized as it runs, a scale for each output"] = ("Cast, Mul", g => Dynamic(g, 50, 9, 48, 50)),
        ["quantized as it runs, one token"] = ("Cast, Mul, Add, Relu", g => g.Node("Relu", [g.Node("Add", [Dynamic(g, 50, 1, 48, 50), g.Constant(50)])])),
        ["quantized as it runs, bias, Gelu"] = ("Cast, Mul, Add, Gelu", g => g.Node("Gelu", [g.Node("Add", [g.Constant(50), Dynamic(g, 1, 150, 48, 50)])])),
        ["quantized as it runs, bias, residual, Relu"] = ("Cast, Mul, Add, Add, Relu", g => g.Node("Relu", [g.Node("Add", [g.Input(2, 9, 50), g.Node("Add", [Dynamic(g, 50, 9, 48, 50), g.Constant(50)])])])),
        ["two products of one quantized input"] = ("Cast, Mul, Add|Cast, Mul", g =>
        {
            var quantized = g.Nodes("DynamicQuantizeLinear", 3, [g.Input(2, 9, 48)]);
            return g.Node("Add", [Dynamic(g, quantized, 1, 48, 30), Dynamic(g, quantized, 30, 48, 30)]);
        }
        ),
        ["QLinearMatMul"] = ("-", g => Linear(g, false, false, [17], 1, 5, 33, 20)),
        ["QLinearMatMul, signed weight"] = ("-", g => Linear(g, false, true, [0], 1, 67, 130, 70)),
        ["QLinearMatMul, all signed"] = ("-", g => Linear(g, true, true, [0], 20, 70, 33, 20)),
        ["QLinearMatMul, a scale and zero point for each output"] = ("-", g => Linear(g, false, true, [.. Enumerable.Range(-10, 20)], 20, 40, 63, 20)),
        ["QLinearMatMul, one token"] = ("-", g => Linear(g, false, false, [128], 1, 1, 513, 65)),
        ["ConvInteger"] = ("-", g => g.Node("ConvInteger", [g.ByteInput(false, 2, 16, 13, 10), g.Integers(false, 0, [7], 33, 16, 3, 3), g.Zeros(false, 128), g.Zeros(false, 7)], ("pads", new long[] { 1, 1, 1, 1 }))),
        ["ConvInteger, groups, strides"] = ("-", g => g.Node("ConvInteger", [g.ByteInput(false, 1, 24, 9, 11), g.Integers(false, 0, [0], 12, 8, 3, 3)], ("group", 3), ("strides", new long[] { 2, 1 }))),
        ["convolution quantized as it runs"] = ("Cast, Mul, Add, Relu", g =>
        {
            var quantized = g.Nodes("DynamicQuantizeLinear", 3, [g.Input(1, 16, 13, 10)]);
            var sums = g.Node("ConvInteger", [quantized[0], g.Integers(false, 0, [120], 33, 16, 3, 3), quantized[2], g.Zeros(false, 120)], ("pads", new long[] { 1, 1, 1, 1 }));
            var scaled = g.Node("Mul", [g.Node("Cast", [sums], ("to", 1)), g.Node("Mul", [quantized[1], g.Scales(1)])]);
            return g.Node("Relu", [g.Node("Add", [scaled, g.Constant(1, 33, 1, 1)])]);
        }
        ),
        ["MatMul between pairs"] = ("DequantizeLinear, DequantizeLinear, QuantizeLinear", g => Between(g, "MatMul", 1, false, 0, [67, 33], [33, 20])),
        ["MatMul between pairs, one token"] = ("DequantizeLinear, DequantizeLinear, QuantizeLinear", g => Between(g, "MatMul", 1, false, 0, [1, 130], [130, 70])),
        ["MatMul behind pairs"] = ("DequantizeLinear, DequantizeLinear, Add, Relu", g => g.Node("Relu", [g.Node("Add", [Floats(g, "MatMul", 1, false, [2, 9, 33], [33, 20]), g.Constant(20)])])),
        ["Gemm between pairs, bias"] = ("DequantizeLinear, DequantizeLinear, DequantizeLinear, QuantizeLinear", g => Between(g, "Gemm", 20, true, 0, [67, 33], [20, 33], ("transB", 1))),
        ["Conv between pairs"] = ("DequantizeLinear, DequantizeLinear, QuantizeLinear", g => Between(g, "Conv", 33, false, 0, [2, 16, 13, 10], [33, 16, 3, 3])),
        ["Conv between pairs, bias, Relu"] = ("DequantizeLinear, DequantizeLinear, DequantizeLinear, Relu, QuantizeLinear", g => Between(g, "Conv", 1, true, null, [2, 16, 13, 10], [33, 16, 3, 3], ("pads", new long[] { 1, 1, 1, 1 }))),
        ["QLinearConv 1x1"] = ("-", g => Convolution(g, false, true, 0, 40, false, [2, 24, 9, 11], [40, 24, 1, 1])),
        ["QLinearConv 3x3"] = ("-", g => Convolution(g, false, true, 0, 1, true, [1, 16, 13, 10], [33, 16, 3, 3], ("pads", new long[] { 1, 1, 1, 1 }))),
        ["QLinearConv, all unsigned, strides, uneven pads"] = ("-", g => Convolution(g, false, false, 128, 1, true, [3, 7, 15, 18], [12, 7, 3, 5], ("strides", new long[] { 2, 3 }), ("pads", new long[] { 0, 1, 2, 3 }))),
        ["QLinearConv, all signed, groups"] = ("-", g => Convolution(g, true, true, 0, 12, true, [2, 24, 9, 9], [12, 8, 3, 3], ("group", 3), ("pads", new long[] { 1, 1, 1, 1 }))),
        ["QLinearConv of one axis"] = ("-", g => Convolution(g, false, true, 0, 19, true, [2, 12, 57], [19, 12, 7], ("strides", new long[] { 2 }), ("pads", new long[] { 3, 2 }), ("dilations", new long[] { 2 }))),
    };

    private const string Wrong = "its scales, zero points or bias are not known, are no numbers, or are not one for each output or one for all";

    /// <summary>What ONNX Runtime has to judge.</summary>
    private static readonly Dictionary<string, (string Why, Func<Case, string> Make)> LeftAlone = new()
    {
        ["a weight that is no constant"] = ("its weight is no constant", g => g.Node("MatMulInteger", [g.ByteInput(false, 5, 33), g.ByteInput(false, 33, 17)])),
        ["a weight of three axes"] = ("its weight has not two axes", g => g.Node("MatMulInteger", [g.ByteInput(false, 2, 5, 33), g.Integers(true, 0, [0], 2, 33, 17)])),
        ["a zero point for each token"] = ("its input's zero point is not one number", g => g.Node("MatMulInteger", [g.ByteInput(false, 5, 33), g.Integers(true, 1, [0], 33, 17), g.Zeros(false, 1, 2, 3, 4, 5)])),
        ["too few zero points"] = ("its weight is not of bytes with a zero point for each output or one for all", g => g.Node("MatMulInteger", [g.ByteInput(false, 5, 33), g.Integers(true, 1, [0], 33, 17), g.Zeros(false, 3), g.Zeros(true, 1, 2)])),
        ["a scale that is no number"] = (Wrong, g => Scaled(g, float.NaN)),
        ["a scale without end"] = (Wrong, g => Scaled(g, float.PositiveInfinity)),
        ["a scale of 0"] = (Wrong, g => Scaled(g, 0)),
        ["a negative scale"] = (Wrong, g => Scaled(g, -1)),
        ["too few scales"] = (Wrong, g => Scaled(g, 0.1f, 0.2f)),
        ["a scale that comes as it runs"] = (Wrong, g =>
        {
            var quantized = g.Nodes("DynamicQuantizeLinear", 3, [g.Input(5, 33)]);
            return g.Node("QLinearMatMul", [quantized[0], quantized[1], quantized[2], g.Integers(true, 1, [0], 33, 17), g.Scales(1), g.Zeros(true, 0), g.Scalar(0.1f), g.Zeros(false, 3)]);
        }
        ),
        ["a bias of another length"] = (Wrong, g => g.Node("QLinearConv", [g.ByteInput(false, 1, 8, 9, 9), g.Scales(1), g.Zeros(false, 3), g.Integers(true, 0, [0], 12, 8, 3, 3), g.Scales(1), g.Zeros(true, 0), g.Scalar(0.1f), g.Zeros(false, 3), g.WholeBias(11)])),
        ["a depthwise convolution"] = ("it is depthwise", g => Convolution(g, false, true, 0, 1, false, [1, 8, 6, 6], [16, 1, 3, 3], ("group", 8))),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    /// <returns>The name of what the graph of a case makes.</returns>
    internal static string Make(string name, Case graph) => Cases[name].Make(graph);

    public static TheoryData<string> Left => [.. LeftAlone.Keys];

    [Theory, MemberData(nameof(Left))]
    public void Leaves_what_it_cannot_do(string name)
    {
        var (why, make) = LeftAlone[name];
        var graph = new Case(23, 0.5);
        using var run = new Run(graph.Model(make(graph)), Library.Device, 1, ("force", "1"));
        Assert.EndsWith($"\tleft\t{why}", Assert.Single(run.Report));
    }

    /// <summary>Floats hold whole numbers up to 2²⁴. Of an input from 0 to 255, 518 weights of 127 stay under it, and of one whose zero point is not known before it runs.</summary>
    [Theory]
    [InlineData(518, true), InlineData(519, false), InlineData(2000, false)]
    public void Takes_no_sums_that_floats_cannot_hold(int inputs, bool taken)
    {
        foreach (var known in new[] { true, false })
        {
            var graph = new Case(24, 0);
            var x = graph.ByteInput(false, 70, inputs);
            var weight = graph.Constant(SmallGraphs.Tensor<byte>("large", TensorProto.Types.DataType.Int8, [.. Enumerable.Repeat((byte)127, inputs * 3)], inputs, 3));
            var zero = known ? graph.Zeros(false, 0) : graph.Node("Cast", [graph.Node("ReduceMax", [graph.Input(1, 4)], ("keepdims", 0))], ("to", 2));
            TensorProto[] inputsOfRun = [SmallGraphs.Tensor<byte>(x, TensorProto.Types.DataType.Uint8, [.. Enumerable.Repeat(byte.MaxValue, 70 * inputs)], 70, inputs), .. graph.Inputs[1..]];
            var report = Assert.Single(Law.Holds(graph.Model(graph.Node("MatMulInteger", [x, weight, zero])), [inputsOfRun]));
            Assert.Equal(taken, report.Contains("\tclaimed\t"));
            if (!taken) Assert.Contains($"sums of its output 0 may reach {127L * 255 * inputs}, and floats are exact up to 16777216", report);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Equals_ONNX_Runtime(string name)
    {
        var (fused, make) = Cases[name];
        foreach (var sparsity in Draw.Sparsities)
        {
            var graph = new Case(21, sparsity);
            var report = Law.Holds(graph.OpenModel(make(graph)), [graph.Inputs], threads: 2);
            Assert.Equal(fused, ProviderTests.Fused(report));
        }
    }

    [Theory, MemberData(nameof(SessionTests.Levels), MemberType = typeof(SessionTests))]
    public void Equals_ONNX_Runtime_on_each_level(string level)
    {
        foreach (var (_, make) in Cases.Values)
        {
            var graph = new Case(22, 0.85);
            Law.Holds(graph.OpenModel(make(graph)), [graph.Inputs], Library.Images[level], threads: 2);
        }
    }

    /// <summary>What ONNX Runtime's own quantizer writes for a product.</summary>
    private static string Dynamic(Case g, int scales, int tokens, int inputs, int outputs) => Dynamic(g, g.Nodes("DynamicQuantizeLinear", 3, [g.Input(2, tokens, inputs)]), scales, inputs, outputs);

    private static string Dynamic(Case g, string[] quantized, int scales, int inputs, int outputs)
    {
        var sums = g.Node("MatMulInteger", [quantized[0], g.Integers(true, 1, [0], inputs, outputs), quantized[2], g.Zeros(true, 0)]);
        return g.Node("Mul", [g.Node("Cast", [sums], ("to", 1)), g.Node("Mul", [quantized[1], g.Scales(scales)])]);
    }

    private static string Linear(Case g, bool signed, bool signedWeight, int[] zeros, int scales, int tokens, int inputs, int outputs) => g.Node("QLinearMatMul",
        [g.ByteInput(signed, tokens, inputs), g.Scales(1), g.Zeros(signed, signed ? -11 : 113), g.Integers(signedWeight, 1, zeros, inputs, outputs), g.Scales(scales), g.Zeros(signedWeight, zeros), g.Scalar(0.004f), g.Zeros(signed, signed ? 5 : 120)]);

    /// <summary>What quantizers write for a node of floats: DequantizeLinear before all that it takes, QuantizeLinear behind it.</summary>
    /// <param name="g">Gets it.</param>
    /// <param name="type">MatMul, Gemm or Conv.</param>
    /// <param name="scales">Of the weight.</param>
    /// <param name="bias">Whether there is one.</param>
    /// <param name="zero">Of the output; null for Relu before, and 0.</param>
    private static string Between(Case g, string type, int scales, bool bias, int? zero, long[] input, long[] weight, params (string, object)[] attributes)
    {
        var made = Floats(g, type, scales, bias, input, weight, attributes);
        return g.Node("QuantizeLinear", [zero is null ? g.Node("Relu", [made]) : made, g.Scalar(0.4f), g.Zeros(false, zero is null ? 0 : 120)]);
    }

    private static string Floats(Case g, string type, int scales, bool bias, long[] input, long[] weight, params (string, object)[] attributes)
    {
        const float Scale = 0.0123f;
        var axis = type == "MatMul" ? 1 : 0;
        float[] each = [.. Enumerable.Range(1, scales).Select(i => 0.003f * i)];
        string Constants(Func<float, float> of) => g.Constant(TensorData.Of($"scales{g.Inputs.Length}{of(1)}", [.. each.Select(of)], scales == 1 ? [] : [scales]));
        var x = g.Node("DequantizeLinear", [g.ByteInput(false, input), g.Scalar(Scale), g.Zeros(false, 113)]);
        var w = g.Node("DequantizeLinear", [g.Integers(true, axis, [0], weight), Constants(scale => scale), g.Zeros(true, new int[scales])], ("axis", axis));
        return g.Node(type, [x, w, .. bias ? new[] { g.Node("DequantizeLinear", [g.WholeBias((int)weight[axis]), Constants(scale => scale * Scale)], ("axis", 0)) } : []], attributes);
    }

    private static string Scaled(Case g, params float[] scales) => g.Node("QLinearMatMul",
        [g.ByteInput(false, 5, 33), g.Scales(1), g.Zeros(false, 3), g.Integers(true, 1, [0], 33, 17), g.Constant(TensorData.Of("scales", scales, scales.Length)), g.Zeros(true, 0), g.Scalar(0.1f), g.Zeros(false, 3)]);

    private static string Convolution(Case g, bool signed, bool signedWeight, int zero, int scales, bool bias, long[] input, long[] weight, params (string, object)[] attributes)
    {
        var x = g.ByteInput(signed, input);
        var constants = new[] { g.Scales(1), g.Zeros(signed, signed ? -11 : 113), g.Integers(signedWeight, 0, [zero], weight), g.Scales(scales), g.Zeros(signedWeight, zero), g.Scalar(0.004f), g.Zeros(signed, signed ? 5 : 120) };
        return g.Node("QLinearConv", [x, .. constants, .. bias ? new[] { g.WholeBias((int)weight[0]) } : []], attributes);
    }
}
