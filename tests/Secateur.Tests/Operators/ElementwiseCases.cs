using System.Runtime.InteropServices;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Tests.Operators.Draw;

namespace Secateur.Tests.Operators;

internal static class ElementwiseCases
{
    public static OperatorCase[] All { get; } =
    [
        Unary("Abs", 6, 13),
        Unary("Acos", 7, 22),
        new("Acosh", [9, 22], draw => new(draw.Floats(draw.Shape(), 1, 4))),
        Unary("Asin", 7, 22),
        Unary("Asinh", 9, 22),
        Unary("Atan", 7, 22),
        new("Atanh", [9, 22], draw => new(draw.Floats(draw.Shape(), -0.9f, 0.9f))),
        Unary("Ceil", 6, 13),
        Unary("Celu", 12),
        Unary("Cos", 7, 22),
        Unary("Cosh", 9, 22),
        Unary("Erf", 9, 13),
        Unary("Exp", 6, 13),
        Unary("Floor", 6, 13),
        Unary("HardSwish", 14, 22),
        Unary("Identity", 7, 13, 21, 23),
        Unary("Mish", 18),
        Unary("Neg", 6, 13),
        Unary("Relu", 7, 14),
        Unary("Round", 11, 22),
        Unary("Sigmoid", 6, 13),
        Unary("Sign", 9, 13),
        Unary("Sin", 7, 22),
        Unary("Sinh", 9, 22),
        Unary("Softplus", 7, 22),
        Unary("Softsign", 7),
        new("Tan", [7, 22], draw => new(draw.Floats(draw.Shape(), -1.4f, 1.4f))),
        Unary("Tanh", 7, 13),
        new("IsInf", [10, 20], draw => new([Odd(draw)], [("detect_positive", draw.Flag()), ("detect_negative", draw.Flag())])),
        new("IsNaN", [9, 13, 20], draw => new(Odd(draw))),
        new("BitwiseNot", [18], draw => draw.Flag() ? new(draw.Int32(draw.Shape(), -9, 9)) : new(draw.Bytes(draw.Shape()))),
        new("Log", [7, 13], draw => new(draw.Floats(draw.Shape(), 0.1f, 4))),
        new("Reciprocal", [7, 13], draw => new(draw.Floats(draw.Shape(), 0.1f, 4))),
        new("Sqrt", [7, 13], draw => new(draw.Floats(draw.Shape(), 0, 4))),
        new("Not", [7], draw => new(draw.Bools(draw.Shape()))),
        With("Elu", [7], ("alpha", 0.7f)),
        With("Selu", [7], ("alpha", 1.5f), ("gamma", 1.2f)),
        With("LeakyRelu", [7, 16], ("alpha", 0.2f)),
        With("ThresholdedRelu", [10], ("alpha", 0.7f)),
        With("HardSigmoid", [7], ("alpha", 0.3f), ("beta", 0.4f)),
        With("Shrink", [9], ("bias", 0.3f), ("lambd", 0.9f)),
        With("Swish", [24], ("alpha", 1.7f)),
        With("Gelu", [20], ("approximate", "tanh")),
        With("Cast", [9, 13, 19, 23], ("to", 7L)),
        new("CastLike", [15, 19], draw => new(draw.Int32(draw.Shape(), -3, 3), draw.Floats([2]))),
        new("Cast", [9, 13], draw => new([draw.Int32(draw.Shape(), -3, 3)], [("to", draw.Pick(1L, 7L, 9L, 11L))])),
        new("PRelu", [7, 9, 16], draw => { var shape = draw.Shape(); return new(draw.Floats(shape), draw.Floats(draw.Narrowed(shape))); }),
        new("Clip", [7, 10], draw => new([draw.Floats(draw.Shape())], draw.Pick<(string, object)[]>([], [("min", -0.5f)], [("min", 0f), ("max", 1f)]))),
        new("Clip", [11, 12, 13], draw => draw.Pick<Drawn>(
            new(draw.Floats(draw.Shape()), Scalar(-0.5f), Scalar(1f)), new(draw.Floats(draw.Shape()), null, Scalar(0.3f)),
            new(draw.Floats(draw.Shape()), Scalar(0.1f)), new(draw.Floats(draw.Shape()), Scalar(1f), Scalar(-1f)))),
        .. Arithmetic("Add"),
        .. Arithmetic("Sub"),
        .. Arithmetic("Mul"),
        new("Div", [7, 13, 14], draw => { var shape = draw.Shape(); return new(draw.Floats(draw.Narrowed(shape)), draw.Floats(shape, 0.5f, 2)); }),
        new("Div", [7, 13], draw => { var shape = draw.Shape(); return new(draw.Int32(shape, -20, 20), draw.Int32(draw.Narrowed(shape), -7, -2)); }),
        new("Pow", [7, 12, 15], draw => { var shape = draw.Shape(); return new(draw.Floats(shape, 0.2f, 2), draw.Floats(draw.Narrowed(shape))); }),
        new("Pow", [13], draw => new(draw.Floats(draw.Shape()), draw.Pick(Scalar(2f), Scalar(3L)))),
        new("Pow", [13], draw => new(draw.Int64(draw.Shape(), -4, 4), draw.Pick(Scalar(2f), Scalar(3L)))),
        new("Mod", [10, 13], draw =>
        {
            var shape = draw.Shape();
            return draw.Flag() ? new(draw.Int64(shape, -9, 9), draw.Int64(draw.Narrowed(shape), 2, 5))
                : new([draw.Floats(shape, -9, 9), draw.Floats(draw.Narrowed(shape), 2, 5)], [("fmod", true)]);
        }),
        Bits("BitwiseAnd"),
        Bits("BitwiseOr"),
        Bits("BitwiseXor"),
        new("BitShift", [11], draw =>
        {
            var shape = draw.Shape();
            return new([draw.Bytes(shape), draw.Bytes(draw.Narrowed(shape), 7)], [("direction", draw.Pick("LEFT", "RIGHT"))]);
        }),
        Logic("And"),
        Logic("Or"),
        Logic("Xor"),
        .. Comparison("Equal", 11, 13, 19),
        .. Comparison("Less", 9, 13),
        .. Comparison("LessOrEqual", 12, 16),
        .. Comparison("Greater", 9, 13),
        .. Comparison("GreaterOrEqual", 12, 16),
        new("Where", [9, 16], draw =>
        {
            var shape = draw.Shape();
            return new(draw.Bools(draw.Narrowed(shape)), draw.Floats(shape), draw.Floats(draw.Narrowed(shape)));
        }),
        Fold("Max"),
        Fold("Mean"),
        Fold("Min"),
        Fold("Sum"),
    ];

    private static OperatorCase Unary(string type, params long[] opsets) => new(type, opsets, draw => new(draw.Floats(draw.Shape(), -4, 4)));

    private static OperatorCase With(string type, long[] opsets, params (string, object)[] attributes) =>
        new(type, opsets, draw => new([draw.Floats(draw.Shape(), -4, 4)], draw.Flag() || type == "Cast" ? attributes : []));

    private static OperatorCase[] Arithmetic(string type) =>
    [
        new(type, [7, 13, 14], draw => { var shape = draw.Shape(); return new(draw.Floats(shape), draw.Floats(draw.Narrowed(shape))); }),
        new(type, [7, 13, 14], draw => { var shape = draw.Shape(); return new(draw.Int64(draw.Narrowed(shape), -9, 9), draw.Int64(shape, -9, 9)); }),
    ];

    /// <summary>Numbers, infinities and NaN.</summary>
    private static TensorProto Odd(Draw draw)
    {
        var tensor = draw.Floats(draw.Shape());
        tensor.SetBytes(MemoryMarshal.AsBytes<float>(Array.ConvertAll(tensor.ToArray<float>(),
            value => draw.Pick(value, float.PositiveInfinity, float.NegativeInfinity, float.NaN))));
        return tensor;
    }

    private static OperatorCase Bits(string type) => new(type, [18], draw =>
    {
        var shape = draw.Shape();
        return draw.Flag() ? new(draw.Int64(shape, -99, 99), draw.Int64(draw.Narrowed(shape), -99, 99)) : new(draw.Bytes(draw.Narrowed(shape)), draw.Bytes(shape));
    });

    private static OperatorCase Logic(string type) =>
        new(type, [7], draw => { var shape = draw.Shape(); return new(draw.Bools(shape), draw.Bools(draw.Narrowed(shape))); });

    private static OperatorCase[] Comparison(string type, params long[] opsets) =>
    [
        new(type, opsets, draw => { var shape = draw.Shape(); return new(draw.Int64(shape, 0, 2), draw.Int64(draw.Narrowed(shape), 0, 2)); }),
        new(type, opsets, draw => { var shape = draw.Shape(); return new(draw.Floats(draw.Narrowed(shape)), draw.Floats(shape)); }),
    ];

    private static OperatorCase Fold(string type) => new(type, [8, 13], draw =>
    {
        var shape = draw.Shape();
        return new([draw.Floats(shape), .. Enumerable.Range(0, (int)draw.Int(0, 3)).Select(_ => draw.Floats(draw.Narrowed(shape)))]);
    });
}
