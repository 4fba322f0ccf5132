using Secateur.Onnx.Proto;
using static Secateur.Tests.Operators.Draw;

namespace Secateur.Tests.Operators;

/// <summary>Operators on quantized numbers, ONNX's and ONNX Runtime's own.</summary>
internal static class QuantizedCases
{
    private const string Microsoft = "com.microsoft.";

    public static OperatorCase[] All { get; } =
    [
        new("QuantizeLinear", [10, 13, 19, 21], draw => Linear(draw, shape => draw.Floats(shape, -3, 3), draw.Opset >= 21 && draw.Flag() ? ("output_dtype", 2L) : null)),
        new("DequantizeLinear", [10, 13, 19, 21], draw => Linear(draw, null, null)),
        new("DequantizeLinear", [13], draw => new([draw.Int32(draw.Shape(), -900, 900), draw.Floats([], 0.01f, 0.1f)], [])),
        new(Microsoft + "QuantizeLinear", [17], draw => new(draw.Floats(draw.Shape(), -3, 3), draw.Floats([], 0.01f, 0.1f), draw.Bytes([]))),
        new(Microsoft + "DequantizeLinear", [17], draw => new(draw.Int8(draw.Shape()), draw.Floats([], 0.01f, 0.1f), draw.Int8([]))),
        new("DynamicQuantizeLinear", [11], draw => new([draw.Floats(draw.Shape(), draw.Pick(-2f, 0.5f), 3)], [], Outputs: 3)),
        new("MatMulInteger", [10], draw =>
        {
            var (m, k, n) = (draw.Int(1, 4), draw.Pick(3L, 300L), draw.Int(1, 4));
            return new(draw.Bytes(draw.Pick<long[]>([m, k], [2, m, k])), draw.Flag() ? draw.Bytes([k, n]) : draw.Int8([k, n]), draw.Flag() ? draw.Bytes([]) : null);
        }),
        new("MatMulInteger", [10], draw => draw.Int(1, 4) is var n ? new(draw.Bytes([3, 4]), draw.Int8([4, n]), draw.Bytes([]), draw.Int8(draw.Pick<long[]>([], [n]))) : null!),
        new("ConvInteger", [10], draw => new([draw.Bytes([1, 2, 5, 5]), draw.Bytes([3, 2, 3, 3]), .. draw.Flag() ? [draw.Bytes([])] : (TensorProto[])[]],
            [("pads", draw.Ints(4, 0, 2)), ("strides", draw.Ints(2, 1, 2))])),
        new("QLinearMatMul", [10, 21], draw =>
        {
            var (m, k, n) = (draw.Int(1, 4), draw.Int(1, 5), draw.Int(1, 4));
            return new(draw.Bytes(draw.Pick<long[]>([m, k], [2, m, k])), Scale(draw), draw.Bytes([]), draw.Bytes([k, n]), Scale(draw), draw.Bytes([]),
                draw.Floats([], 0.2f, 0.4f), draw.Bytes([]));
        }),
        new("QLinearConv", [10], draw =>
        {
            var (filters, each) = (draw.Int(1, 3), draw.Flag());
            return new([draw.Bytes([1, 2, 5, 5]), Scale(draw), draw.Bytes([]), draw.Int8([filters, 2, 3, 3]), each ? draw.Floats([filters], 0.01f, 0.1f) : Scale(draw),
                each ? draw.Int8([filters], 0, 0) : draw.Int8([]), draw.Floats([], 0.2f, 0.4f), draw.Bytes([]), .. draw.Flag() ? [draw.Int32([filters], -500, 500)] : (TensorProto[])[]],
                [("pads", draw.Ints(4, 0, 2)), ("strides", draw.Ints(2, 1, 2))]);
        }),
        new(Microsoft + "QLinearConv", [17], draw => new([draw.Bytes([1, 5, 5, 2]), Scale(draw), draw.Bytes([]), draw.Int8([3, 2, 3, 3]), Scale(draw), draw.Int8([], 0, 0),
            draw.Floats([], 0.2f, 0.4f), draw.Bytes([]), draw.Int32([3], -500, 500)], [("channels_last", true), ("pads", draw.Ints(4, 0, 2))])),
        Two("QLinearAdd"),
        Two("QLinearMul"),
        One("QLinearSigmoid"),
        One("QLinearLeakyRelu", ("alpha", 0.3f)),
        // ONNX Runtime counts in whole steps of the result's scale, which is 1/256 in every exported model
        new(Microsoft + "QLinearSoftmax", [17], draw => new([draw.Bytes([2, 3, 4, 5]), Scale(draw), draw.Bytes([]), Scalar(1f / 256), draw.Bytes([], high: 0)],
            [("axis", 1L), ("opset", draw.Pick(11L, 13L))])),
        One("QLinearAveragePool", ("kernel_shape", new[] { 2L, 2 }), ("pads", new[] { 0L, 1, 1, 0 })),
        One("QLinearAveragePool", ("kernel_shape", new[] { 2L, 2 }), ("channels_last", true)),
        One("QLinearGlobalAveragePool"),
        One("QLinearGlobalAveragePool", ("channels_last", true)),
        new(Microsoft + "QLinearConcat", [17], draw => new([Scale(draw), draw.Bytes([]), draw.Bytes([2, 3]), Scale(draw), draw.Bytes([]), draw.Bytes([2, 2]), Scale(draw), draw.Bytes([])],
            [("axis", 1L)])),
        new(Microsoft + "QGemm", [17], draw =>
        {
            var (m, k, n, transA, transB, quantized) = (draw.Int(1, 4), draw.Int(1, 5), draw.Int(1, 4), draw.Flag(), draw.Flag(), draw.Flag());
            return new([draw.Bytes(transA ? [k, m] : [m, k]), Scale(draw), draw.Bytes([]), draw.Int8(transB ? [n, k] : [k, n]), Scale(draw), draw.Int8([]),
                draw.Flag() ? draw.Int32([n], -500, 500) : null, .. quantized ? [draw.Floats([], 0.2f, 0.4f), draw.Bytes([])] : (TensorProto[])[]],
                [("transA", transA), ("transB", transB), ("alpha", 0.5f)]);
        }),
        new(Microsoft + "MatMulIntegerToFloat", [17], draw =>
        {
            var (m, k, n, each) = (draw.Int(1, 4), draw.Int(1, 5), draw.Int(1, 4), draw.Flag());
            return new(draw.Bytes([m, k]), draw.Int8([k, n]), Scale(draw), draw.Floats(each ? [n] : [], 0.01f, 0.1f), draw.Bytes([]), draw.Int8(each ? [n] : []), draw.Floats([n]));
        }),
        new(Microsoft + "DynamicQuantizeMatMul", [17], draw =>
        {
            var (m, k, n, each) = (draw.Int(1, 4), draw.Int(1, 5), draw.Int(1, 4), draw.Flag());
            return new(draw.Floats([2, m, k]), draw.Int8([k, n]), draw.Floats(each ? [n] : [1], 0.01f, 0.1f), draw.Int8(each ? [n] : [1]), draw.Floats([n]));
        }),
        new(Microsoft + "QAttention", [17], draw =>
        {
            var (batch, length, heads, size, input) = (draw.Int(1, 2), draw.Int(1, 4), draw.Int(1, 3), draw.Int(1, 3), draw.Int(1, 4));
            return new([draw.Bytes([batch, length, input]), draw.Int8([input, 3 * heads * size]), draw.Floats([3 * heads * size]), Scale(draw), Scale(draw),
                draw.Flag() ? draw.Int32([batch], 1, (int)length) : null, draw.Bytes([]), draw.Int8([])], [("num_heads", heads), ("unidirectional", draw.Flag())]);
        }),
        new(Microsoft + "MatMulNBits", [17], draw =>
        {
            var (m, n, bits, block) = (draw.Int(1, 3), draw.Int(1, 4), draw.Pick(4L, 8L), draw.Pick(16L, 32L));
            var blocks = draw.Int(1, 3);
            var k = blocks * block - draw.Pick(0L, 3L);
            return new([draw.Floats([m, k]), draw.Bytes([n, blocks, block * bits / 8]), draw.Floats([n, blocks], 0.01f, 0.1f),
                .. draw.Flag() ? [draw.Bytes([n, (blocks * bits + 7) / 8])] : (TensorProto[])[]], [("K", k), ("N", n), ("bits", bits), ("block_size", block)]);
        }),
    ];

    private static TensorProto Scale(Draw draw) => draw.Floats([], 0.01f, 0.1f);

    /// <summary>With one scale, one for each index of an axis, or from operator set 21 on one for each block of it.</summary>
    private static Drawn Linear(Draw draw, Func<long[], TensorProto>? operand, (string, object)? attribute)
    {
        var shape = draw.Ints((int)draw.Int(2, 3), 1, 5);
        var (axis, signed) = (draw.Int(0, shape.Length - 1), draw.Flag());
        var block = draw.Opset >= 21 && draw.Flag() ? draw.Int(1, 3) : 0;
        long[] scales = block > 0 ? [.. shape.Select((size, place) => place == axis ? (size + block - 1) / block : size)] : draw.Opset >= 13 && draw.Flag() ? [shape[axis]] : [];
        TensorProto Integers(long[] of) => signed ? draw.Int8(of) : draw.Bytes(of);
        var zero = attribute is null && (operand is null || draw.Flag()) ? Integers(scales) : null;
        return new([operand?.Invoke(shape) ?? Integers(shape), draw.Floats(scales, 0.01f, 0.1f), .. zero is null ? (TensorProto[])[] : [zero]],
            [.. draw.Opset >= 13 ? [("axis", draw.Axis(axis, shape.Length))] : ((string, object)[])[], .. block > 0 ? [("block_size", block)] : ((string, object)[])[],
                .. attribute is { } given ? [given] : ((string, object)[])[]]);
    }

    private static OperatorCase Two(string type) => new(Microsoft + type, [17], draw =>
    {
        var shape = draw.Shape();
        return new(draw.Bytes(shape), Scale(draw), draw.Bytes([]), draw.Bytes(draw.Narrowed(shape)), Scale(draw), draw.Bytes([]), draw.Floats([], 0.1f, 0.2f), draw.Bytes([]));
    });

    private static OperatorCase One(string type, params (string, object)[] attributes) => new(Microsoft + type, [17], draw =>
        new([draw.Bytes([2, 3, 4, 5]), Scale(draw), draw.Bytes([]), draw.Floats([], 0.01f, 0.02f), draw.Bytes([])], attributes));
}
