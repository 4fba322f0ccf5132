using Secateur.Onnx.Proto;

namespace Secateur.Tests.Operators;

/// <summary>Operators of ONNX Runtime's own that its optimizer puts for several of ONNX's.</summary>
internal static class FusedCases
{
    private const string Microsoft = "com.microsoft.";

    public static OperatorCase[] All { get; } =
    [
        new(Microsoft + "FusedConv", [17], draw =>
        {
            var (channels, filters, size) = (draw.Int(1, 3), draw.Int(1, 3), draw.Int(3, 5));
            (string, object)[] activation = draw.Pick<(string, object)[]>([("activation", "Relu")], [("activation", "Sigmoid")], [("activation", "Tanh")],
                [("activation", "LeakyRelu"), ("activation_params", new[] { 0.2f })], [("activation", "Clip"), ("activation_params", new[] { -0.5f, 0.7f })],
                [("activation", "HardSigmoid"), ("activation_params", new[] { 0.3f, 0.4f })]);
            return new([draw.Floats([1, channels, size, size]), draw.Floats([filters, channels, 3, 3]), draw.Flag() ? draw.Floats([filters]) : null,
                draw.Flag() ? draw.Floats([1, filters, size - 2, size - 2]) : null], activation);
        }),
        new(Microsoft + "FusedGemm", [17], draw =>
        {
            var (m, k, n, transA, transB) = (draw.Int(1, 5), draw.Int(1, 5), draw.Int(1, 5), draw.Flag(), draw.Flag());
            (string, object)[] activation = draw.Pick<(string, object)[]>([("activation", "Relu")], [("activation", "Softsign")],
                [("activation", "LeakyRelu"), ("activation_alpha", 0.2f)], [("activation", "HardSigmoid"), ("activation_alpha", 0.3f), ("activation_beta", 0.4f)]);
            return new([draw.Floats(transA ? [k, m] : [m, k]), draw.Floats(transB ? [n, k] : [k, n]), draw.Floats([n])],
                [("transA", transA), ("transB", transB), .. activation]);
        }),
        Product("FusedMatMul"),
        new(Microsoft + "FusedMatMul", [17], draw =>
        {
            var (batch, m, k, n) = (draw.Int(1, 3), draw.Int(1, 4), draw.Int(1, 4), draw.Int(1, 4));
            return new([draw.Floats([m, batch, k]), draw.Floats([k, batch, n])], [("transBatchA", true), ("transBatchB", true), ("alpha", 0.5f)]);
        }),
        Product("TransposeMatMul"),
        new(Microsoft + "Gelu", [17], draw => new(draw.Floats(draw.Shape()))),
        new(Microsoft + "QuickGelu", [17], draw => new([draw.Floats(draw.Shape())], draw.Flag() ? [("alpha", 1.5f)] : [])),
        Biased("BiasGelu"),
        Biased("FastGelu"),
        new(Microsoft + "FastGelu", [17], draw => new(draw.Floats(draw.Shape()))),
        new(Microsoft + "Trilu", [17], draw => new([draw.Floats([2, 3, 4]), .. draw.Flag() ? [Draw.Scalar(draw.Int(-2, 2))] : (TensorProto[])[]], [("upper", draw.Flag())])),
        new(Microsoft + "Pad", [17], draw => new([draw.Floats([2, 3]), Draw.Vector(draw.Ints(4, 0, 2)), draw.Floats([1])], [])),
    ];

    private static OperatorCase Product(string type) => new(Microsoft + type, [17], draw =>
    {
        var (m, k, n, batch, transA, transB) = (draw.Int(1, 4), draw.Int(1, 5), draw.Int(1, 4), draw.Int(1, 3), draw.Flag(), draw.Flag());
        long[] outer = draw.Flag() ? [] : [batch];
        return new([draw.Floats(transA ? [.. outer, k, m] : [.. outer, m, k]), draw.Floats(draw.Flag() ? transB ? [n, k] : [k, n] : transB ? [.. outer, n, k] : [.. outer, k, n])],
            [("transA", transA), ("transB", transB), ("alpha", 0.7f)]);
    });

    private static OperatorCase Biased(string type) => new(Microsoft + type, [17], draw =>
    {
        var shape = draw.Shape();
        return new(draw.Floats(shape), draw.Floats([shape[^1]]));
    });
}
