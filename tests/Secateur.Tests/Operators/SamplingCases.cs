using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Tests.Operators.Draw;

namespace Secateur.Tests.Operators;

/// <summary>What reads between elements, or moves them about in pictures.</summary>
internal static class SamplingCases
{
    public static OperatorCase[] All { get; } =
    [
        new("Resize", [10], draw =>
        {
            var shape = draw.Ints(4, 2, 4);
            return new([draw.Floats(shape), TensorData.Of("", [1f, 1f, draw.Pick(0.5f, 2f, 3f), draw.Pick(1f, 1.6f)], 4)],
                [("mode", draw.Pick("nearest", "linear"))]);
        }),
        new("Resize", [11, 13, 18, 19, 23], Resized),
        new("Resize", [11, 13, 18, 19], draw => new([draw.Floats(draw.Ints(4, 2, 5)), draw.Opset < 13 ? TensorData.Of("", (float[])[], 0) : null,
                TensorData.Of("", [1f, 1f, draw.Pick(0.6f, 1.5f, 2f, 3f), draw.Pick(1f, 0.7f, 2f)], 4)],
            [("mode", "cubic"), ("cubic_coeff_a", draw.Pick(-0.75f, -0.5f)), ("exclude_outside", draw.Flag()),
                ("coordinate_transformation_mode", draw.Pick("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"))])),
        new("Resize", [18, 19], draw => new([draw.Floats(draw.Ints(4, 4, 7)), null, TensorData.Of("", [1f, 1f, draw.Pick(0.3f, 0.6f, 2f), draw.Pick(0.5f, 0.8f)], 4)],
            [("mode", draw.Pick("linear", "cubic")), ("antialias", true), ("exclude_outside", draw.Flag())])),
        new("Resize", [18, 19], draw => new([draw.Floats(draw.Ints(4, 2, 6)), null, null, Vector(draw.Ints(2, 3, 9))],
            [("mode", "linear"), ("axes", draw.Pick<long[]>([2, 3], [3, 2])), ("keep_aspect_ratio_policy", draw.Pick("not_larger", "not_smaller"))])),
        new("Resize", [11, 13, 18, 19], draw =>
        {
            var shape = draw.Ints(4, 2, 6);
            return new([draw.Floats(shape), TensorData.Of("", [0f, 0f, draw.Pick(0f, -0.2f, 0.3f), 0.2f, 1f, 1f, draw.Pick(1f, 0.8f), draw.Pick(1.3f, 0.7f)], 8),
                    draw.Opset < 13 ? TensorData.Of("", (float[])[], 0) : null, Vector([shape[0], shape[1], .. draw.Ints(2, 1, 6)])],
                [("mode", draw.Pick("linear", "nearest")), ("coordinate_transformation_mode", "tf_crop_and_resize"), ("extrapolation_value", 0.5f)]);
        }),
        new("Upsample", [7], draw => new([draw.Floats(draw.Ints(4, 1, 4))], [("mode", draw.Pick("nearest", "linear")), ("scales", Scales(draw))])),
        new("Upsample", [9], draw => new([draw.Floats(draw.Ints(4, 1, 4)), TensorData.Of("", Scales(draw), 4)], [("mode", draw.Pick("nearest", "linear"))])),
        new("GridSample", [16], draw => Sampled(draw, 2, draw.Pick("bilinear", "nearest", "bicubic"))),
        new("GridSample", [20, 22], draw => Sampled(draw, 2, draw.Pick("linear", "nearest", "cubic"))),
        new("GridSample", [20, 22], draw => Sampled(draw, 3, draw.Pick("linear", "nearest"))),
        new("AffineGrid", [20], draw =>
        {
            var (n, rank) = (draw.Int(1, 3), (int)draw.Int(2, 3));
            return new([draw.Floats([n, rank, rank + 1]), Vector([n, 2, .. draw.Ints(rank, 2, 4)])], [("align_corners", draw.Flag())]);
        }),
        new("RoiAlign", [10, 16], draw =>
        {
            var (n, regions) = (draw.Int(1, 2), draw.Int(0, 3));
            // where a region ends before it begins there is no mean
            var corners = Enumerable.Range(0, (int)regions).SelectMany(_ => new[] { draw.Int(-2, 8), draw.Int(-2, 8), draw.Int(9, 16), draw.Int(9, 16) })
                .Select(place => place + 0.37f).ToArray();
            return new([draw.Floats([n, draw.Int(1, 4), draw.Int(3, 6), draw.Int(3, 6)]), TensorData.Of("", corners, regions, 4), draw.Int64([regions], 0, n - 1)],
                [("output_height", draw.Int(1, 3)), ("output_width", draw.Int(1, 3)), ("sampling_ratio", draw.Int(0, 2)), ("spatial_scale", draw.Pick(1f, 0.5f)),
                    ("mode", draw.Pick("avg", "max")),
                    .. draw.Opset >= 16 ? ((string, object)[])[("coordinate_transformation_mode", draw.Pick("half_pixel", "output_half_pixel"))] : []]);
        }),
        new("MaxRoiPool", [7], draw =>
        {
            var (n, regions) = (draw.Int(1, 2), draw.Int(0, 3));
            var corners = Enumerable.Range(0, (int)regions)
                .SelectMany(_ => new[] { draw.Int(0, n - 1), draw.Int(-2, 8), draw.Int(-2, 8), draw.Int(9, 16), draw.Int(9, 16) }).Select(place => (float)place).ToArray();
            return new([draw.Floats([n, draw.Int(1, 4), draw.Int(3, 6), draw.Int(3, 6)]), TensorData.Of("", corners, regions, 5)],
                [("pooled_shape", draw.Ints(2, 1, 3)), ("spatial_scale", draw.Pick(1f, 0.5f))]);
        }),
        new("MaxUnpool", [9, 11], draw =>
        {
            var (n, c) = (draw.Int(1, 2), draw.Int(1, 2));
            // every place once: the elements of a permutation of the result's places
            var places = draw.Shuffled((int)(n * c * 36))[..(int)(n * c * 9)];
            return new([draw.Floats([n, c, 3, 3]), TensorData.Of("", places, n, c, 3, 3), .. draw.Flag() ? [Vector(n, c, 7, 6)] : (TensorProto[])[]],
                [("kernel_shape", new[] { 2L, 2 }), ("strides", new[] { 2L, 2 })]);
        }),
        new("CenterCropPad", [18], draw =>
        {
            var (shape, axes) = ShapeCases.Axes(draw);
            return draw.Flag() ? new(draw.Floats(shape), Vector(draw.Ints(shape.Length, 1, 6)))
                : new([draw.Floats(shape), Vector(draw.Ints(axes.Length, 1, 6))], [("axes", axes.Select(axis => draw.Axis(axis, shape.Length)).ToArray())]);
        }),
        new("Col2Im", [18], draw =>
        {
            const int rank = 2; // of other ranks ONNX Runtime 1.31 leaves out places where a dilation is set: Col2ImTests
            var (image, block, strides, dilations, pads) =
                (draw.Ints(rank, 5, 7), draw.Ints(rank, 1, 3), draw.Ints(rank, 1, 2), draw.Ints(rank, 1, 2), draw.Ints(2 * rank, 0, 1));
            var blocks = image.Select((size, d) => (size + pads[d] + pads[rank + d] - (block[d] - 1) * dilations[d] - 1) / strides[d] + 1);
            return new([draw.Floats([draw.Int(1, 2), draw.Int(1, 3) * block.Aggregate((a, b) => a * b), blocks.Aggregate((a, b) => a * b)]), Vector(image), Vector(block)],
                [("strides", strides), ("dilations", dilations), ("pads", pads)]);
        }),
        new("DeformConv", [19, 22], draw =>
        {
            var (n, group, groups, h, w) = (draw.Int(1, 2), draw.Int(1, 2), draw.Int(1, 2), draw.Int(4, 6), draw.Int(4, 6));
            var (channels, filters, kernel, strides, dilations, pads) =
                (groups * draw.Int(1, 2), draw.Int(1, 3), draw.Ints(2, 1, 3), draw.Ints(2, 1, 2), draw.Ints(2, 1, 2), draw.Ints(4, 1, 2));
            long Outputs(int d, long size) => (size + pads[d] + pads[2 + d] - (kernel[d] - 1) * dilations[d] - 1) / strides[d] + 1;
            var (rows, columns, elements) = (Outputs(0, h), Outputs(1, w), kernel[0] * kernel[1]);
            return new([draw.Floats([n, channels * group, h, w]), draw.Floats([filters * group, channels, .. kernel]),
                draw.Floats([n, groups * elements * 2, rows, columns]), draw.Flag() ? draw.Floats([filters * group]) : null,
                .. draw.Flag() ? [draw.Floats([n, groups * elements, rows, columns])] : (TensorProto[])[]],
                [("group", group), ("offset_group", groups), ("kernel_shape", kernel), ("strides", strides), ("dilations", dilations), ("pads", pads)]);
        }),
    ];

    private static float[] Scales(Draw draw) => [1f, 1f, draw.Pick(1f, 2f, 3f), draw.Pick(1f, 1.6f)];

    private static Drawn Sampled(Draw draw, int rank, string mode)
    {
        var n = draw.Int(1, 2);
        return new([draw.Floats([n, draw.Int(1, 3), .. draw.Ints(rank, 2, 5)]), draw.Floats([n, .. draw.Ints(rank, 1, 4), rank], -1.4f, 1.4f)],
            [("mode", mode), ("padding_mode", draw.Pick("zeros", "border", "reflection")), ("align_corners", draw.Flag())]);
    }

    private static Drawn Resized(Draw draw)
    {
        var shape = draw.Ints(4, 2, 5);
        var linear = draw.Flag();
        var places = draw.Opset >= 19 ? draw.Pick("half_pixel", "half_pixel_symmetric")
            : draw.Pick("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric");
        // of a symmetric place that is an integer but for rounding, ONNX Runtime takes the one below
        var rounding = places == "half_pixel_symmetric" ? draw.Pick("round_prefer_floor", "round_prefer_ceil", "ceil")
            : draw.Pick("round_prefer_floor", "round_prefer_ceil", "floor", "ceil");
        (string, object)[] attributes = [("mode", linear ? "linear" : "nearest"), ("coordinate_transformation_mode", places),
            .. linear ? ((string, object)[])[] : [("nearest_mode", rounding)]];
        if (draw.Opset >= 18 && draw.Flag())
            return new([draw.Floats(shape), null, null, Vector(draw.Ints(2, 1, 9))], [.. attributes, ("axes", new[] { 2L, 3L })]);
        return draw.Flag()
            ? new([draw.Floats(shape), Absent(), TensorData.Of("", [1f, 1f, draw.Pick(0.5f, 1.5f, 2f, 3f), draw.Pick(1f, 0.7f, 2f)], 4)], attributes)
            : new([draw.Floats(shape), Absent(), Absent(), Vector([shape[0], shape[1], .. draw.Ints(2, 1, 9)])], attributes);

        TensorProto? Absent() => draw.Opset >= 13 ? null : TensorData.Of("", (float[])[], 0); // optional only since 13
    }
}
