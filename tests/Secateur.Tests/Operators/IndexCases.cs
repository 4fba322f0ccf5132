using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Tests.Operators.Draw;

namespace Secateur.Tests.Operators;

/// <summary>What looks up, writes, finds or sorts by places.</summary>
internal static class IndexCases
{
    public static OperatorCase[] All { get; } =
    [
        new("Compress", [9, 11], draw =>
        {
            var shape = draw.Shape();
            if (draw.Flag()) return new([draw.Floats(shape), draw.Bools([draw.Int(1, shape.Aggregate((product, size) => product * size))])], []);
            var axis = draw.Int(0, shape.Length - 1);
            return new([draw.Floats(shape), draw.Bools([draw.Int(1, shape[axis])])], [("axis", draw.Opset >= 11 ? draw.Axis(axis, shape.Length) : axis)]);
        }),
        new("GatherND", [11, 12, 13], draw =>
        {
            var shape = draw.Ints((int)draw.Int(2, 4), 2, 4);
            var batch = draw.Opset >= 12 ? (int)draw.Int(0, 1) : 0;
            var k = (int)draw.Int(1, shape.Length - batch);
            return new([draw.Floats(shape), Tuples(draw, [.. shape[..batch], .. draw.Ints((int)draw.Int(1 - batch, 2), 1, 3)], shape[batch..(batch + k)])],
                draw.Opset >= 12 ? [("batch_dims", batch)] : []);
        }),
        Elements("Scatter", 9),
        Elements("ScatterElements", 11, 13, 16, 18),
        new("ScatterND", [11, 13, 16, 18], draw =>
        {
            var shape = draw.Ints((int)draw.Int(1, 4), 2, 4);
            var k = (int)draw.Int(1, shape.Length);
            var (reduction, attributes) = Reduction(draw);
            long[] any = [draw.Int(1, reduction == "none" ? 1 : 4)]; // who writes last to one place is not defined
            return new([draw.Floats(shape), Tuples(draw, any, shape[..k]), draw.Floats([.. any, .. shape[k..]])], attributes);
        }),
        new("NonZero", [9, 13], draw => draw.Flag() ? new(draw.Int64(draw.Shape(), 0, 1)) : new(draw.Bools(draw.Shape()))),
        new("OneHot", [9, 11], draw =>
        {
            var (places, depth) = (draw.Ints((int)draw.Int(1, 3), 1, 3), draw.Int(1, 5));
            return new([draw.Int64(places, -7, 7), draw.Flag() ? Scalar(depth) : Vector(depth), draw.Flag() ? draw.Floats([2]) : draw.Int64([2], -3, 3)],
                [("axis", draw.Axis(draw.Int(0, places.Length), places.Length + 1))]);
        }),
        new("TopK", [7], draw =>
        {
            var shape = draw.Shape();
            var axis = draw.Int(0, shape.Length - 1);
            return new([draw.Floats(shape)], [("axis", axis), ("k", draw.Int(1, shape[axis]))], 2);
        }),
        new("TopK", [10, 11, 24], draw =>
        {
            var shape = draw.Shape();
            var axis = draw.Int(0, shape.Length - 1);
            return new([draw.Opset >= 11 && draw.Flag() ? draw.Int64(shape, 0, 3) : draw.Floats(shape), Vector(draw.Int(draw.Opset >= 11 ? 0 : 1, shape[axis]))],
                [("axis", draw.Axis(axis, shape.Length)), .. draw.Opset >= 11 ? ((string, object)[])[("largest", draw.Flag())] : []], 2);
        }),
        new("Unique", [11], draw =>
        {
            var shape = draw.Shape();
            return new([draw.Flag() ? draw.Int64(shape, 0, 2) : draw.Floats(shape)],
                [("sorted", draw.Flag()), .. draw.Flag() ? ((string, object)[])[("axis", draw.Axis(draw.Int(0, shape.Length - 1), shape.Length))] : []],
                (int)draw.Int(1, 4));
        }),
        new("ReverseSequence", [10], draw =>
        {
            var (shape, batch) = (draw.Ints((int)draw.Int(2, 4), 1, 5), draw.Int(0, 1));
            return new([draw.Floats(shape), draw.Int64([shape[batch]], 0, shape[1 - batch])], [("batch_axis", batch), ("time_axis", 1 - batch)]);
        }),
        new("NonMaxSuppression", [10, 11], draw =>
        {
            var (batch, boxes, classes) = (draw.Int(1, 2), draw.Int(0, 12), draw.Int(1, 2));
            var given = draw.Int(1, 3);
            return new([draw.Floats([batch, boxes, 4], 0, 1), draw.Floats([batch, classes, boxes], 0, 1), Vector(draw.Int(0, 5)),
                .. given > 1 ? [Scalar(0.3f)] : (TensorProto[])[], .. given > 2 ? [Scalar(0.4f)] : (TensorProto[])[]], [("center_point_box", draw.Flag())]);
        }),
        new("EyeLike", [9, 22], draw => new([draw.Floats(draw.Ints(2, 1, 5))], [("k", draw.Int(-3, 3)), .. draw.Flag() ? ((string, object)[])[("dtype", 7L)] : []])),
    ];

    private static OperatorCase Elements(string type, params long[] opsets) => new(type, opsets, draw =>
    {
        var shape = draw.Ints((int)draw.Int(1, 4), 1, 4);
        var axis = (int)draw.Int(0, shape.Length - 1);
        var (reduction, attributes) = Reduction(draw);
        long[] written = [.. shape.Select((size, at) => at == axis ? draw.Int(1, reduction == "none" ? 1 : 4) : draw.Flag() ? size : draw.Int(1, size))];
        return new([draw.Floats(shape), draw.Int64(written, draw.Opset >= 11 ? -shape[axis] : 0, shape[axis] - 1), draw.Floats(written)],
            [.. attributes, ("axis", draw.Opset >= 11 ? draw.Axis(axis, shape.Length) : axis)]);
    });

    private static (string, (string, object)[]) Reduction(Draw draw)
    {
        if (draw.Opset < 16) return ("none", []);
        var reduction = draw.Opset < 18 ? draw.Pick("none", "add", "mul") : draw.Pick("none", "add", "mul", "max", "min");
        return (reduction, [("reduction", reduction)]);
    }

    /// <summary>Places [any…, k] in axes of these sizes, from either end.</summary>
    private static TensorProto Tuples(Draw draw, long[] any, long[] sizes) => TensorData.Of("",
        Enumerable.Range(0, (int)any.Aggregate(1L, (product, size) => product * size)).SelectMany(_ => sizes.Select(size => draw.Int(-size, size - 1))).ToArray(),
        [.. any, sizes.Length]);
}
