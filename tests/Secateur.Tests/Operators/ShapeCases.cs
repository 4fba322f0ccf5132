using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Tests.Operators.Draw;

namespace Secateur.Tests.Operators;

/// <summary>What moves, cuts, joins or makes tensors.</summary>
internal static class ShapeCases
{
    public static OperatorCase[] All { get; } =
    [
        new("Concat", [7, 11, 13, 23], draw =>
        {
            var shape = draw.Shape();
            var axis = draw.Int(0, shape.Length - 1);
            return new([.. Enumerable.Range(0, (int)draw.Int(1, 3)).Select(_ => draw.Floats([.. shape.Select((size, at) => at == axis ? draw.Int(1, 4) : size)]))],
                [("axis", draw.Opset >= 11 ? draw.Axis(axis, shape.Length) : axis)]);
        }),
        new("Constant", [12, 13], draw => new([], draw.Pick<(string, object)[]>([("value_float", 1.5f)], [("value_int", -3L)],
            [("value_floats", new[] { 1f, 2f })], [("value_ints", new[] { 1L, 2L, 3L })]))),
        new("ConstantOfShape", [9, 20, 23], draw => new([Vector(draw.Shape())], draw.Pick<(string, object)[]>([], [("value", TensorData.Of("", [2.5f], 1))],
            [("value", TensorData.Of("", [7L], 1))]))),
        new("DepthToSpace", [7, 11, 13], draw => new([draw.Floats([draw.Int(1, 2), 4 * draw.Int(1, 3), draw.Int(1, 4), draw.Int(1, 4)])],
            [("blocksize", 2L), .. draw.Opset >= 11 ? ((string, object)[])[("mode", draw.Pick("DCR", "CRD"))] : []])),
        new("Expand", [8, 13], draw => { var shape = draw.Shape(); return new(draw.Floats(draw.Narrowed(shape)), Vector(shape)); }),
        new("Expand", [8, 13], draw => { var shape = draw.Shape(); return new(draw.Floats(shape), Vector(draw.Narrowed(shape))); }),
        new("Flatten", [7, 9, 11, 13, 21, 23], draw =>
        {
            var shape = draw.Shape();
            return new([draw.Floats(shape)], draw.Flag() ? [] : [("axis", draw.Int(0, shape.Length))]);
        }),
        new("Flatten", [11, 13, 23], draw => new([draw.Floats([0, draw.Int(1, 3), 2])], [("axis", draw.Int(-3, 3))])),
        new("Gather", [7, 11, 13], draw =>
        {
            var shape = draw.Shape();
            var axis = (int)draw.Int(0, shape.Length - 1);
            var low = draw.Opset >= 11 ? -shape[axis] : 0;
            long[] places = draw.Pick<long[]>([], [3], [2, 2]);
            return new([draw.Floats(shape), draw.Flag() ? draw.Int64(places, low, shape[axis] - 1) : draw.Int32(places, (int)low, (int)shape[axis] - 1)],
                [("axis", draw.Axis(axis, shape.Length))]);
        }),
        new("GatherElements", [11, 13], draw =>
        {
            var shape = draw.Shape();
            var axis = (int)draw.Int(0, shape.Length - 1);
            return new([draw.Floats(shape), draw.Int64([.. shape[..axis], draw.Int(1, 4), .. shape[(axis + 1)..]], -shape[axis], shape[axis] - 1)],
                [("axis", draw.Axis(axis, shape.Length))]);
        }),
        new("Pad", [7], draw => Padded(draw, ints: true)),
        new("Pad", [11, 13, 18, 19, 21, 23], draw => Padded(draw, ints: false)),
        new("Range", [11], draw => draw.Pick<Drawn>(new(Scalar(2f), Scalar(draw.Int(-5, 9) + 0.25f), Scalar(draw.Pick(0.5f, -1.5f))),
            new(Scalar(draw.Int(-4, 4)), Scalar(draw.Int(-4, 9)), Scalar(draw.Pick(-2L, 1L, 3L))))),
        new("Reshape", [7, 13, 14, 21, 23], draw =>
        {
            var (a, b, c) = (draw.Int(1, 4), draw.Int(1, 4), draw.Int(1, 4));
            return new(draw.Floats([a, b, c]), Vector(draw.Pick<long[]>([0, -1], [a * b, c], [-1], [0, 0, c, 1], [c, -1, a], [1, 0, -1])));
        }),
        new("Reshape", [14], draw => new([draw.Floats([0, 3]), Vector(3, 0)], [("allowzero", true)])),
        new("Shape", [7, 13], draw => new(draw.Floats(draw.Shape()))),
        new("Shape", [15, 21, 23], draw => new([draw.Floats(draw.Shape())], [("start", draw.Int(-3, 3)),
            .. draw.Flag() ? ((string, object)[])[("end", draw.Int(-3, 3))] : []])),
        new("Size", [7, 13], draw => new(draw.Floats(draw.Shape()))),
        new("Slice", [7], draw =>
        {
            var (shape, axes) = Axes(draw);
            return new([draw.Floats(shape)], [("starts", draw.Ints(axes.Length, -6, 6)), ("ends", draw.Ints(axes.Length, -6, 6)), ("axes", axes)]);
        }),
        new("Slice", [10, 11, 13], draw =>
        {
            var (shape, axes) = Axes(draw);
            TensorProto Each(params long[] choices) => Vector([.. axes.Select(_ => draw.Pick(choices))]);
            long[] places = [-1000, -6, -3, -2, -1, 0, 1, 2, 3, 6, long.MaxValue, int.MaxValue, long.MinValue];
            return new(draw.Floats(shape), Each(places), Each(places), Vector([.. axes.Select(axis => draw.Axis(axis, shape.Length))]),
                draw.Flag() ? Each(1, 2, 3, -1, -2) : null);
        }),
        new("SpaceToDepth", [7, 13], draw => new([draw.Floats([draw.Int(1, 2), draw.Int(1, 3), 2 * draw.Int(1, 3), 2 * draw.Int(1, 3)])],
            [("blocksize", 2L)])),
        new("Split", [7, 11], draw =>
        {
            var (a, b) = (draw.Int(1, 3), draw.Int(1, 3));
            return draw.Flag() ? new([draw.Floats([a + b, 2])], [("split", new[] { a, b })], 2) : new([draw.Floats([2, 2 * a])], [("axis", 1L)], 2);
        }),
        new("Split", [13, 18, 23], draw =>
        {
            var (a, b) = (draw.Int(1, 3), draw.Int(1, 3));
            return draw.Flag() || draw.Opset < 18
                ? new([draw.Floats([2, a + b]), Vector(a, b)], [("axis", -1L)], 2)
                : new([draw.Floats([3 + 2 * a, 2])], [("num_outputs", 3L)], 3);
        }),
        new("Squeeze", [7, 11], draw =>
            draw.Flag() ? new([draw.Floats([1, 3, 1])], [("axes", new[] { draw.Pick(0L, 2L) })]) : new(draw.Floats([1, 3, 1, 2]))),
        new("Squeeze", [13, 21, 23], draw => draw.Flag() ? new(draw.Floats([1, 3, 1]), Vector(draw.Pick(0L, -1L))) : new(draw.Floats([1, 3, 1, 2]))),
        new("Tile", [7, 13], draw => { var shape = draw.Shape(); return new(draw.Floats(shape), Vector(draw.Ints(shape.Length, 1, 3))); }),
        new("Transpose", [7, 13, 21, 23], draw =>
        {
            var shape = draw.Shape();
            return new([draw.Floats(shape)], draw.Flag() ? [] : [("perm", draw.Shuffled(shape.Length))]);
        }),
        new("Trilu", [14], draw => new([draw.Floats(draw.Ints((int)draw.Int(2, 3), 1, 5)), .. draw.Flag() ? [Scalar(draw.Int(-2, 2))] : (TensorProto[])[]],
            [("upper", draw.Flag())])),
        new("Unsqueeze", [7, 11], draw => new([draw.Floats([2, 3])], [("axes", draw.Pick<long[]>([0], [1, 3], [0, 1], [2]))])),
        new("Unsqueeze", [13, 21, 23], draw => new(draw.Floats([2, 3]), Vector(draw.Pick<long[]>([0], [1, -1], [-2, 0], [-1])))),
    ];

    private static Drawn Padded(Draw draw, bool ints)
    {
        var (shape, axes) = Axes(draw);
        shape = [.. shape.Select(size => size + 1)];
        var mode = draw.Opset >= 19 ? draw.Pick("constant", "reflect", "edge", "wrap") : draw.Pick("constant", "reflect", "edge");
        if (ints || draw.Opset < 18) axes = [.. Enumerable.Range(0, shape.Length)];
        var pads = draw.Ints(2 * axes.Length, mode == "constant" ? -1 : 0, 1);
        if (ints) return new([draw.Floats(shape)], [("mode", mode), ("pads", pads), ("value", 1.5f)]);
        return new([draw.Floats(shape), Vector(pads), mode == "constant" && draw.Flag() ? Scalar(2.5f) : null,
            .. draw.Opset >= 18 ? [Vector([.. axes.Select(axis => draw.Axis(axis, shape.Length))])] : (TensorProto[])[]], [("mode", mode)]);
    }

    /// <summary>A shape and some of its axes.</summary>
    public static (long[] Shape, long[] Axes) Axes(Draw draw)
    {
        var shape = draw.Shape();
        return (shape, draw.Shuffled(shape.Length)[..(int)draw.Int(1, shape.Length)]);
    }
}
