using Secateur.Onnx.Proto;

namespace Secateur.Tests.Operators;

internal static class ReductionCases
{
    public static OperatorCase[] All { get; } =
    [
        .. Reduction("ReduceL1", since: 18),
        .. Reduction("ReduceL2", since: 18),
        .. Reduction("ReduceLogSum", since: 18, low: 0.1f),
        .. Reduction("ReduceLogSumExp", since: 18),
        .. Reduction("ReduceMax", since: 18),
        .. Reduction("ReduceMean", since: 18),
        .. Reduction("ReduceMin", since: 18),
        .. Reduction("ReduceProd", since: 18),
        .. Reduction("ReduceSum", since: 13),
        .. Reduction("ReduceSumSquare", since: 18),
        new("ReduceSum", [13], draw => new([draw.Int64(draw.Shape(), -9, 9)], [("keepdims", draw.Flag())])),
        .. new[] { "ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSumSquare" }.Select(type => new OperatorCase(type, [13],
            draw => new([type == "ReduceProd" ? draw.Int32(draw.Shape(), -1, 1) : draw.Int32(draw.Shape(), -9, 9)], [("keepdims", draw.Flag())]))),
        Extreme("ArgMax"),
        Extreme("ArgMin"),
        new("CumSum", [11, 14], draw =>
        {
            var shape = draw.Shape();
            return new([draw.Floats(shape), Draw.Scalar(draw.Axis(draw.Int(0, shape.Length - 1), shape.Length))],
                [("exclusive", draw.Flag()), ("reverse", draw.Flag())]);
        }),
    ];

    private static OperatorCase[] Reduction(string type, long since, float low = -2) =>
    [
        new(type, [.. new long[] { 7, 11, 13 }.Where(opset => opset < since)], draw =>
        {
            var (shape, axes) = Axes(draw, signed: draw.Opset >= 11);
            return new([draw.Floats(shape, low)], [("keepdims", draw.Flag()), .. draw.Flag() ? ((string, object)[])[("axes", axes)] : []]);
        }),
        new(type, [since], draw =>
        {
            var (shape, axes) = Axes(draw, signed: true);
            TensorProto?[] given = draw.Pick<TensorProto?[]>([Draw.Vector(axes)], [Draw.Vector()], []);
            return new([draw.Floats(shape, low), .. given], [("keepdims", draw.Flag()), ("noop_with_empty_axes", draw.Flag())]);
        }),
    ];

    private static OperatorCase Extreme(string type) => new(type, [7, 12, 13], draw =>
    {
        var shape = draw.Shape();
        var axis = draw.Int(0, shape.Length - 1);
        return new([draw.Opset >= 12 && draw.Flag() ? draw.Int32(shape, 0, 2) : draw.Floats(shape)], [("keepdims", draw.Flag()), ("axis", axis),
            .. draw.Opset >= 12 ? ((string, object)[])[("select_last_index", draw.Flag())] : []]);
    });

    private static (long[] Shape, long[] Axes) Axes(Draw draw, bool signed)
    {
        var shape = draw.Shape();
        return (shape, [.. draw.Shuffled(shape.Length)[..(int)draw.Int(1, shape.Length)].Select(axis => signed ? draw.Axis(axis, shape.Length) : axis)]);
    }
}
