using Secateur.Onnx.Proto;

namespace Secateur.Tests.Operators;

/// <summary>Layers: products, convolutions, poolings, normalizations.</summary>
internal static class NeuralCases
{
    public static OperatorCase[] All { get; } =
    [
        new("Gemm", [7, 9, 11, 13, 23], draw =>
        {
            var (m, k, n, transA, transB) = (draw.Int(1, 5), draw.Int(1, 5), draw.Int(1, 5), draw.Flag(), draw.Flag());
            var c = draw.Opset < 11 || draw.Flag() ? draw.Floats(draw.Pick<long[]>([n], [m, n], [m, 1], [1, n], [1], [])) : null;
            (string, object)[] scales = draw.Flag() ? [("alpha", 0.5f), ("beta", 2f)] : [];
            return new([draw.Floats(transA ? [k, m] : [m, k]), draw.Floats(transB ? [n, k] : [k, n]), .. c is null ? (TensorProto[])[] : [c]],
                [("transA", transA), ("transB", transB), .. scales]);
        }),
        new("MatMul", [7, 9, 13, 23], draw =>
        {
            var (m, k, n, batch) = (draw.Int(1, 4), draw.Int(1, 5), draw.Int(1, 4), draw.Int(1, 3));
            var (a, b) = draw.Pick<(long[], long[])>(([m, k], [k, n]), ([batch, m, k], [k, n]), ([2, batch, m, k], [batch, k, n]),
                ([2, 1, m, k], [2, batch, k, n]), ([m, k], [batch, k, n]), ([k], [k, n]), ([m, k], [k]), ([batch, m, k], [k]), ([k], [batch, k, n]),
                ([k], [k]));
            return new(draw.Floats(a), draw.Floats(b));
        }),
        new("Conv", [7, 11, 22], Convolution),
        new("ConvTranspose", [7, 11, 22], Transposed),
        new("Einsum", [12], draw =>
        {
            var (b, i, j, k) = (draw.Int(1, 3), draw.Int(1, 4), draw.Int(1, 4), draw.Int(1, 4));
            return draw.Pick<Func<Drawn>>(
                () => new([draw.Floats([i, k]), draw.Floats([k, j])], [("equation", "ik,kj->ij")]),
                () => new([draw.Floats([b, 2, i, k]), draw.Floats([b, 2, j, k])], [("equation", "bhid, bhjd -> bhij")]),
                () => new([draw.Floats([b, i, k]), draw.Floats([k, j])], [("equation", "...k,kj->...j")]),
                () => new([draw.Floats([b, i, k]), draw.Floats([b, k, j])], [("equation", draw.Pick("...ik,...kj", "...ik,...kj->...ij"))]),
                () => new([draw.Floats([i, i])], [("equation", "ii->i")]),
                () => new([draw.Floats([i, j])], [("equation", "ij->ji")]),
                () => new([draw.Floats([b, i, j]), draw.Floats([j, 2, k])], [("equation", "abc,cde->abde")]),
                () => new([draw.Floats([i, j]), draw.Floats([i, j])], [("equation", "ij,ij->")]))();
        }),
        new("MaxPool", [8, 10, 12, 22], draw => Pooling(draw, dilates: draw.Opset >= 10, ceilSince: 10)),
        new("MaxPool", [8, 10, 12, 22], draw => Pooling(draw, dilates: draw.Opset >= 10, ceilSince: 10, ("storage_order", draw.Flag())) with { Outputs = 2 }),
        new("LpPool", [7, 11, 18], draw => Pooling(draw, dilates: draw.Opset >= 18, ceilSince: 18, ("p", draw.Int(1, 3)))),
        new("GlobalLpPool", [7], draw => new([draw.Floats(draw.Ints((int)draw.Int(3, 5), 1, 5))], [("p", draw.Int(1, 3))])),
        new("LpNormalization", [7], draw =>
        {
            var shape = draw.Shape();
            return new([draw.Floats(shape)], [("p", draw.Int(1, 2)), ("axis", draw.Axis(draw.Int(0, shape.Length - 1), shape.Length))]);
        }),
        new("MeanVarianceNormalization", [9, 13], draw => draw.Flag() ? new(draw.Floats(draw.Ints(4, 2, 4)))
            : new([draw.Floats(draw.Ints(4, 2, 4))], [("axes", draw.Pick<long[]>([0, 1, 2, 3], [2, 3], [1], [0, 2]))])),
        new("Det", [11, 22], draw => { var size = draw.Int(1, 4); return new(draw.Floats([.. draw.Ints((int)draw.Int(0, 2), 1, 3), size, size])); }),
        Normalizer("Hardmax"),
        new("AveragePool", [7, 10, 11, 19, 22], draw => Pooling(draw, dilates: draw.Opset >= 19, ceilSince: 10, ("count_include_pad", draw.Flag()))),
        new("GlobalAveragePool", [7, 22], draw => new(draw.Floats(draw.Ints((int)draw.Int(3, 5), 1, 5)))),
        new("GlobalMaxPool", [7], draw => new(draw.Floats(draw.Ints((int)draw.Int(3, 5), 1, 5)))),
        new("BatchNormalization", [7, 9, 14, 15], draw =>
        {
            var shape = draw.Ints((int)draw.Int(2, 5), 1, 4);
            long[] channels = [shape[1]];
            return new([draw.Floats(shape), draw.Floats(channels), draw.Floats(channels), draw.Floats(channels), draw.Floats(channels, 0.1f, 3)],
                [("epsilon", 1e-3f)]);
        }),
        new("BatchNormalization", [14, 15], draw =>
        {
            long[] shape = [draw.Int(2, 3), .. draw.Ints((int)draw.Int(1, 3), 2, 4)];
            long[] channels = [shape[1]];
            return new([draw.Floats(shape), draw.Floats(channels), draw.Floats(channels), draw.Floats(channels), draw.Floats(channels, 0.1f, 3)],
                [("training_mode", true), ("momentum", 0.7f)], Outputs: 3);
        }),
        new("LayerNormalization", [17, 23], draw =>
        {
            var shape = draw.Ints((int)draw.Int(2, 4), 2, 5);
            var axis = draw.Int(1, shape.Length - 1);
            return new([draw.Floats(shape), draw.Floats(shape[(int)axis..]), .. draw.Flag() ? [draw.Floats(shape[(int)axis..])] : (TensorProto[])[]],
                [("axis", draw.Axis(axis, shape.Length)), ("epsilon", 1e-3f)], Outputs: draw.Pick(1, 3));
        }),
        new("InstanceNormalization", [7, 22], draw =>
        {
            var shape = draw.Ints((int)draw.Int(3, 5), 2, 4);
            return new([draw.Floats(shape), draw.Floats([shape[1]]), draw.Floats([shape[1]])], [("epsilon", 1e-3f)]);
        }),
        new("GroupNormalization", [18, 21], draw =>
        {
            var (groups, shape) = (draw.Int(1, 3), draw.Ints((int)draw.Int(3, 4), 2, 4));
            var channels = shape[1] *= groups;
            return new([draw.Floats(shape), draw.Floats([draw.Opset < 21 ? groups : channels]), draw.Floats([draw.Opset < 21 ? groups : channels])],
                [("num_groups", groups), ("epsilon", 1e-3f)]);
        }),
        new("LRN", [7, 13], draw => new([draw.Floats([draw.Int(1, 2), draw.Int(1, 6), .. draw.Ints((int)draw.Int(2, 2), 1, 4)])],
            [("size", draw.Pick(1L, 3L, 5L)), ("alpha", 0.3f), ("beta", 0.6f), ("bias", 1.5f)])),
        Normalizer("Softmax"),
        Normalizer("LogSoftmax"),
        new("Dropout", [7, 10], draw => new([draw.Floats(draw.Shape())], [("ratio", 0.3f)])),
        new("Dropout", [12, 13, 22], draw =>
            new([draw.Floats(draw.Shape()), .. draw.Flag() ? [Draw.Scalar(0.3f)] : (TensorProto[])[]], [], Outputs: draw.Pick(1, 2))),
    ];

    private static OperatorCase Normalizer(string type) => new(type, [7, 11, 13], draw =>
    {
        var shape = draw.Shape();
        var axis = draw.Int(0, shape.Length - 1);
        return new([draw.Floats(shape)], shape.Length > 1 && draw.Flag() ? [] : [("axis", draw.Opset >= 11 ? draw.Axis(axis, shape.Length) : axis)]);
    });

    private static Drawn Convolution(Draw draw)
    {
        var (rank, group, channels, filters) = ((int)draw.Int(1, 3), draw.Pick(1L, 1L, 2L, 4L), draw.Pick(1L, 1L, 3L), draw.Pick(1L, 1L, 3L));
        var (kernel, strides, dilations) = (draw.Ints(rank, 1, 3), draw.Ints(rank, 1, 3), draw.Ints(rank, 1, 2));
        var automatic = draw.Pick("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");
        if (automatic.StartsWith("SAME")) dilations = [.. dilations.Select(_ => 1L)];
        var pads = draw.Flag() ? draw.Ints(2 * rank, 0, 2) : [.. Enumerable.Repeat(draw.Ints(rank, 0, 2), 2).SelectMany(pad => pad)];
        return new([draw.Floats([draw.Int(1, 2), channels * group, .. draw.Ints(rank, 5, 8)]), draw.Floats([filters * group, channels, .. kernel]),
            .. draw.Flag() ? [draw.Floats([filters * group])] : (TensorProto[])[]],
            [("group", group), ("kernel_shape", kernel), ("strides", strides), ("dilations", dilations),
                .. automatic == "NOTSET" ? ((string, object)[])[("pads", pads)] : [("auto_pad", automatic)]]);
    }

    private static Drawn Transposed(Draw draw)
    {
        var (rank, group, channels, filters) = ((int)draw.Int(1, 3), draw.Int(1, 2), draw.Int(1, 4), draw.Int(1, 4));
        var (spatial, kernel, strides, dilations) = (draw.Ints(rank, 3, 5), draw.Ints(rank, 2, 3), draw.Ints(rank, 1, 3), draw.Ints(rank, 1, 2));
        long[] more = [.. strides.Select(stride => draw.Int(0, stride - 1))];
        (string, object) padding = draw.Int(0, 2) switch
        {
            0 => ("pads", draw.Ints(2 * rank, 0, 1)),
            1 => ("output_shape", spatial.Select((size, d) => strides[d] * (size - 1) + (kernel[d] - 1) * dilations[d] + 1 + more[d]
                - draw.Int(more[d] + 1 < strides[d] ? -1 : 0, 2)).ToArray()), // up to one more than the full result
            _ => ("auto_pad", draw.Pick("SAME_UPPER", "SAME_LOWER", "VALID")),
        };
        return new([draw.Floats([draw.Int(1, 2), channels * group, .. spatial]), draw.Floats([channels * group, filters, .. kernel]),
            .. draw.Flag() ? [draw.Floats([filters * group])] : (TensorProto[])[]],
            [("group", group), ("kernel_shape", kernel), ("strides", strides), ("dilations", dilations), ("output_padding", more), padding]);
    }

    private static Drawn Pooling(Draw draw, bool dilates, long ceilSince, params (string, object)[] attributes)
    {
        var rank = (int)draw.Int(1, 3);
        var (kernel, automatic) = (draw.Ints(rank, 2, 3), draw.Pick("NOTSET", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"));
        var pads = draw.Flag() ? draw.Ints(2 * rank, 0, 1) : [.. Enumerable.Repeat(draw.Ints(rank, 0, 1), 2).SelectMany(pad => pad)];
        return new([draw.Floats([draw.Int(1, 2), draw.Int(1, 3), .. draw.Ints(rank, 5, 8)])],
            [.. attributes, ("kernel_shape", kernel), ("strides", draw.Ints(rank, 1, automatic == "NOTSET" ? 3 : 2)),
                .. automatic == "NOTSET" ? ((string, object)[])[("pads", pads)] : [("auto_pad", automatic)],
                .. draw.Opset >= ceilSince && automatic == "NOTSET" ? ((string, object)[])[("ceil_mode", draw.Flag())] : [],
                .. dilates && automatic == "NOTSET" ? ((string, object)[])[("dilations", draw.Ints(rank, 1, 2))] : []]);
    }
}
