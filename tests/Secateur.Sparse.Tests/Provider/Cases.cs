namespace Secateur.Sparse.Tests.Provider;

/// <summary>What the provider takes: each makes the graph and gives the name of its output; the key says what is fused with each layer, or "-" for nothing.</summary>
internal static class Cases
{
    public static IReadOnlyDictionary<string, (string Fused, Func<Case, string> Make)> All { get; } = new Dictionary<string, (string, Func<Case, string>)>
    {
        ["MatMul of a vector"] = ("-", g => g.Node("MatMul", [g.Input(33), g.Weight(33, 17)])),
        ["MatMul of 2 axes"] = ("-", g => g.Node("MatMul", [g.Input(5, 33), g.Weight(33, 17)])),
        ["MatMul of 3 axes"] = ("-", g => g.Node("MatMul", [g.Input(3, 67, 40), g.Weight(40, 96)])),
        ["MatMul of 4 axes"] = ("-", g => g.Node("MatMul", [g.Input(2, 3, 11, 64), g.Weight(64, 31)])),
        ["MatMul of many tokens"] = ("-", g => g.Node("MatMul", [g.Input(1, 700, 48), g.Weight(48, 50)])),
        ["MatMul of nothing"] = ("-", g => g.Node("MatMul", [g.Input(2, 0, 48), g.Weight(48, 50)])),
        ["MatMul to one output"] = ("-", g => g.Node("MatMul", [g.Input(2, 9, 48), g.Weight(48, 1)])),
        ["MatMul, bias"] = ("Add", g => g.Node("Add", [g.Node("MatMul", [g.Input(2, 9, 48), g.Weight(48, 50)]), g.Constant(50)])),
        ["MatMul, bias before"] = ("Add", g => g.Node("Add", [g.Constant(1, 1, 50), g.Node("MatMul", [g.Input(2, 9, 48), g.Weight(48, 50)])])),
        ["MatMul, one bias for all"] = ("Add", g => g.Node("Add", [g.Node("MatMul", [g.Input(2, 9, 48), g.Weight(48, 50)]), g.Constant(1)])),
        ["MatMul, two biases, Tanh"] = ("Add, Add, Tanh", g => g.Node("Tanh", [g.Node("Add", [g.Constant(50), Biased(g)])])),
        ["Gemm"] = ("-", g => g.Node("Gemm", [g.Input(7, 33), g.Weight(33, 20)])),
        ["Gemm, transposed, scaled, bias"] = ("-", g => g.Node("Gemm", [g.Input(70, 33), g.Weight(20, 33), g.Constant(20)], ("transB", 1), ("alpha", 1.5f), ("beta", -0.5f))),
        ["Gemm, bias of a row"] = ("Relu", g => g.Node("Relu", [g.Node("Gemm", [g.Input(7, 33), g.Weight(33, 20), g.Constant(1, 20)])])),
        ["Gemm, one bias for all"] = ("-", g => g.Node("Gemm", [g.Input(7, 33), g.Weight(33, 20), g.Scalar(0.5f)], ("beta", 2f))),
        ["Gemm, bias of weight 0"] = ("-", g => g.Node("Gemm", [g.Input(7, 33), g.Weight(33, 20), g.Constant(7, 20)], ("beta", 0f))),
        ["Gemm, sum"] = ("-", g => g.Node("Gemm", [g.Input(7, 33), g.Weight(33, 20), g.Input(7, 20)])),
        ["Chain of three"] = ("Add, Relu|Add, Gelu|Add", g => g.Node("Add", [g.Node("MatMul", [g.Node("Gelu", [g.Node("Add", [g.Node("MatMul",
            [g.Node("Relu", [Biased(g)]), g.Weight(50, 61)]), g.Constant(61)])]), g.Weight(61, 13)]), g.Constant(13)])),
        ["Chain of Gemms with a residual"] = ("Relu|Add, Relu", g =>
        {
            var x = g.Input(150, 40);
            var inner = g.Node("Relu", [g.Node("Gemm", [x, g.Weight(64, 40), g.Constant(64)], ("transB", 1))]);
            return g.Node("Relu", [g.Node("Add", [x, g.Node("Gemm", [inner, g.Weight(40, 64), g.Constant(40)], ("transB", 1))])]);
        }
        ),
        ["MatMul, residual"] = ("Add, Add", g => g.Node("Add", [Biased(g), g.Input(2, 9, 50)])),
        ["MatMul, activation, residual, activation"] = ("Add, Tanh, Add, Relu", g => g.Node("Relu", [g.Node("Add", [g.Input(2, 9, 50), g.Node("Tanh", [Biased(g)])])])),
        ["two MatMuls added"] = ("Add|-", g => g.Node("Add", [g.Node("MatMul", [g.Input(2, 9, 30), g.Weight(30, 50)]), g.Node("MatMul", [g.Input(2, 9, 20), g.Weight(20, 50)])])),
        ["a block of a transformer"] = ("Add, Div, Erf, Add, Mul, Mul|Add, Add", g =>
        {
            var x = g.Input(2, 21, 32);
            var inner = Gelu(g, g.Node("Add", [g.Node("MatMul", [x, g.Weight(32, 128)]), g.Constant(128)]));
            return g.Node("Add", [g.Node("Add", [g.Node("MatMul", [inner, g.Weight(128, 32)]), g.Constant(32)]), x]);
        }
        ),
        ["FusedMatMul"] = ("-", g => g.Node("com.microsoft.FusedMatMul", [g.Input(2, 9, 48), g.Weight(50, 48)], ("transB", 1), ("alpha", 0.25f))),
        ["FusedGemm"] = ("-", g => g.Node("com.microsoft.FusedGemm", [g.Input(9, 48), g.Weight(50, 48), g.Constant(50)], ("transB", 1), ("activation", "LeakyRelu"), ("activation_alpha", 0.1f))),
        ["BiasGelu"] = ("com.microsoft.BiasGelu", g => g.Node("com.microsoft.BiasGelu", [g.Node("MatMul", [g.Input(2, 9, 48), g.Weight(48, 50)]), g.Constant(50)])),
        ["Conv 1x1"] = ("-", g => g.Node("Conv", [g.Input(2, 24, 9, 11), g.Weight(40, 24, 1, 1)])),
        ["Conv 3x3"] = ("Relu", g => g.Node("Relu", [g.Node("Conv", [g.Input(1, 16, 13, 10), g.Weight(33, 16, 3, 3), g.Constant(33)], ("pads", new long[] { 1, 1, 1, 1 }))])),
        ["Conv, strides, uneven pads"] = ("-", g => g.Node("Conv", [g.Input(3, 7, 15, 18), g.Weight(12, 7, 3, 5), g.Constant(12)], ("strides", new long[] { 2, 3 }), ("pads", new long[] { 0, 1, 2, 3 }))),
        ["Conv, dilation"] = ("-", g => g.Node("Conv", [g.Input(1, 8, 17, 17), g.Weight(10, 8, 3, 3)], ("dilations", new long[] { 2, 3 }))),
        ["Conv, groups"] = ("Clip", g => g.Node("Clip", [g.Node("Conv", [g.Input(2, 24, 9, 9), g.Weight(12, 8, 3, 3), g.Constant(12)], ("group", 3), ("pads", new long[] { 1, 1, 1, 1 })), g.Scalar(0), g.Scalar(0.7f)])),
        ["Conv, large"] = ("-", g => g.Node("Conv", [g.Input(1, 8, 60, 50), g.Weight(8, 8, 5, 5)], ("pads", new long[] { 2, 2, 2, 2 }))),
        ["Conv of one axis"] = ("Tanh", g => g.Node("Tanh", [g.Node("Conv", [g.Input(2, 12, 57), g.Weight(19, 12, 7), g.Constant(19)], ("strides", new long[] { 2 }), ("pads", new long[] { 3, 2 }), ("dilations", new long[] { 2 }))])),
        ["Conv, SAME_UPPER"] = ("-", g => g.Node("Conv", [g.Input(1, 8, 14, 9), g.Weight(10, 8, 4, 3)], ("auto_pad", "SAME_UPPER"), ("strides", new long[] { 2, 2 }))),
        ["Conv, SAME_LOWER"] = ("-", g => g.Node("Conv", [g.Input(1, 8, 14, 9), g.Weight(10, 8, 4, 2)], ("auto_pad", "SAME_LOWER"))),
        ["Conv, VALID"] = ("-", g => g.Node("Conv", [g.Input(1, 8, 14, 9), g.Weight(10, 8, 4, 3)], ("auto_pad", "VALID"))),
        ["Conv, residual"] = ("Add, Relu", g =>
        {
            var x = g.Input(1, 16, 12, 12);
            return g.Node("Relu", [g.Node("Add", [g.Node("Conv", [x, g.Weight(16, 16, 3, 3), g.Constant(16)], ("pads", new long[] { 1, 1, 1, 1 })), x])]);
        }
        ),
        ["Conv, batch normalization, residual"] = ("Add", g =>
        {
            var normal = g.Node("BatchNormalization", [g.Node("Conv", [g.Input(2, 16, 6, 6), g.Weight(10, 16, 1, 1)]), g.Constant(10), g.Constant(10), g.Constant(10), g.Node("Abs", [g.Constant(10)])]);
            return g.Node("Add", [g.Input(2, 10, 6, 6), normal]);
        }
        ),
        ["FusedConv"] = ("-", g => g.Node("com.microsoft.FusedConv", [g.Input(1, 8, 14, 9), g.Weight(10, 8, 3, 3), g.Constant(10), g.Input(1, 10, 12, 7)], ("activation", "Relu"))),
    };

    /// <summary>Each activation behind a product with a bias.</summary>
    public static IReadOnlyDictionary<string, (string Fused, Func<Case, string, string> Make)> Activations { get; } = new Dictionary<string, (string, Func<Case, string, string>)>
    {
        ["Relu"] = ("Relu", (g, x) => g.Node("Relu", [x])),
        ["LeakyRelu"] = ("LeakyRelu", (g, x) => g.Node("LeakyRelu", [x], ("alpha", 0.3f))),
        ["LeakyRelu by default"] = ("LeakyRelu", (g, x) => g.Node("LeakyRelu", [x])),
        ["Elu"] = ("Elu", (g, x) => g.Node("Elu", [x], ("alpha", 0.7f))),
        ["Sigmoid"] = ("Sigmoid", (g, x) => g.Node("Sigmoid", [x])),
        ["HardSigmoid"] = ("HardSigmoid", (g, x) => g.Node("HardSigmoid", [x], ("alpha", 0.3f))),
        ["HardSwish"] = ("HardSwish", (g, x) => g.Node("HardSwish", [x])),
        ["HardSwish by HardSigmoid"] = ("HardSigmoid, Mul", (g, x) => g.Node("Mul", [x, g.Node("HardSigmoid", [x], ("alpha", 1 / 6f))])),
        ["Tanh"] = ("Tanh", (g, x) => g.Node("Tanh", [x])),
        ["Clip"] = ("Clip", (g, x) => g.Node("Clip", [x, g.Scalar(-0.2f), g.Scalar(0.4f)])),
        ["Clip above"] = ("Clip", (g, x) => g.Node("Clip", [x, "", g.Scalar(0.4f)])),
        ["Gelu"] = ("Gelu", (g, x) => g.Node("Gelu", [x])),
        ["Gelu by tanh"] = ("Gelu", (g, x) => g.Node("Gelu", [x], ("approximate", "tanh"))),
        ["Gelu of Microsoft"] = ("com.microsoft.Gelu", (g, x) => g.Node("com.microsoft.Gelu", [x])),
        ["FastGelu"] = ("com.microsoft.FastGelu", (g, x) => g.Node("com.microsoft.FastGelu", [x])),
        ["QuickGelu"] = ("com.microsoft.QuickGelu", (g, x) => g.Node("com.microsoft.QuickGelu", [x])),
        ["Silu"] = ("Sigmoid, Mul", (g, x) => g.Node("Mul", [g.Node("Sigmoid", [x]), x])),
        ["Silu of more"] = ("Mul, Sigmoid, Mul", (g, x) => g.Node("Mul", [x, g.Node("Sigmoid", [g.Node("Mul", [x, g.Scalar(1.702f)])])])),
        ["Gelu by Erf"] = ("Div, Erf, Add, Mul, Mul", Gelu),
        ["Gelu by Erf, halved first"] = ("Mul, Erf, Add, Mul, Mul", (g, x) => g.Node("Mul", [g.Node("Mul", [x, g.Scalar(0.5f)]), Erf(g, x)])),
        ["Gelu by Erf, halved between"] = ("Mul, Erf, Add, Mul, Mul", (g, x) => g.Node("Mul", [x, g.Node("Mul", [Erf(g, x), g.Scalar(0.5f)])])),
    };

    public static string Biased(Case g) => g.Node("Add", [g.Node("MatMul", [g.Input(2, 9, 48), g.Weight(48, 50)]), g.Constant(50)]);

    private static string Gelu(Case g, string x) => g.Node("Mul", [g.Node("Mul", [x, g.Node("Add", [g.Node("Erf", [g.Node("Div", [x, g.Scalar(MathF.Sqrt(2))])]), g.Scalar(1)])]), g.Scalar(0.5f)]);

    private static string Erf(Case g, string x) => g.Node("Add", [g.Scalar(1), g.Node("Erf", [g.Node("Mul", [x, g.Scalar(1 / MathF.Sqrt(2))])])]);
}
