using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Tests.Operators.Draw;

namespace Secateur.Tests.Operators;

/// <summary>Attention, rotary positions and the norms between them, ONNX's and ONNX Runtime's own.</summary>
internal static class AttentionCases
{
    private const string Microsoft = "com.microsoft.";

    public static OperatorCase[] All { get; } =
    [
        new("Attention", [23], Standard),
        new("RotaryEmbedding", [23], Rotary),
        new("RMSNormalization", [23], draw => Norm(draw, outputs: 1)),
        new("SimplifiedLayerNormalization", [17], draw => Norm(draw, outputs: 1)),
        new(Microsoft + "RotaryEmbedding", [17], CachedRotary),
        new(Microsoft + "Attention", [17], Packed),
        new(Microsoft + "MultiHeadAttention", [17], MultiHead),
        new(Microsoft + "GroupQueryAttention", [17], Grouped),
        new(Microsoft + "SkipLayerNormalization", [17], draw => Skip(draw, beta: true)),
        new(Microsoft + "SkipSimplifiedLayerNormalization", [17], draw => Skip(draw, beta: false)),
        new(Microsoft + "EmbedLayerNormalization", [17], Embedded),
    ];

    private static Drawn Standard(Draw draw)
    {
        var (batch, groups, queries, keys, size, valueSize, past) =
            (draw.Int(1, 2), draw.Int(1, 2), draw.Int(1, 4), draw.Int(1, 5), draw.Int(1, 4), draw.Int(1, 4), draw.Pick(0L, 0L, 2L));
        var heads = groups * draw.Int(1, 3);
        var (flat, total) = (draw.Flag(), keys + past);
        long[] Shape(long count, long length, long width) => flat ? [batch, length, count * width] : [batch, count, length, width];
        long[] scores = draw.Pick<long[]>([queries, total], [1, 1, queries, total], [batch, heads, queries, total], [batch, 1, queries, total]);
        var mask = draw.Pick(0, 1, 2) switch { 0 => null, 1 => draw.Floats(scores), _ => draw.Bools(scores) };
        if (mask is { DataType: (int)TensorProto.Types.DataType.Bool }) FirstSeen(mask, total);
        TensorProto?[] cache = past == 0 ? [] : [draw.Floats([batch, groups, past, size]), draw.Floats([batch, groups, past, valueSize])];
        (string, object)[] heading = flat ? [("q_num_heads", heads), ("kv_num_heads", groups)] : [];
        (string, object)[] more = draw.Pick<(string, object)[]>([], [("scale", 0.4f)], [("softcap", 1.5f)],
            [("is_causal", queries > 1)]); // of one query ONNX Runtime takes none of the keys away
        var shown = draw.Int(0, 4);
        return new([draw.Floats(Shape(heads, queries, size)), draw.Floats(Shape(groups, keys, size)), draw.Floats(Shape(groups, keys, valueSize)), mask, .. cache],
            [.. heading, .. more, .. shown < 4 ? [("qk_matmul_output_mode", shown)] : ((string, object)[])[]], Outputs: shown < 4 ? 4 : past > 0 ? 3 : 1);
    }

    /// <summary>Every query sees the first key: of one that sees none nothing is defined.</summary>
    private static TensorProto FirstSeen(TensorProto mask, long keys)
    {
        var seen = mask.RawData.ToByteArray();
        var width = seen.Length / (int)mask.Count();
        for (var first = 0; first < seen.Length; first += (int)keys * width) seen[first] = 1;
        mask.SetBytes(seen);
        return mask;
    }

    private static Drawn Rotary(Draw draw)
    {
        var (batch, heads, length, half, rest) = (draw.Int(1, 2), draw.Int(1, 3), draw.Int(1, 4), draw.Int(1, 3), draw.Pick(0L, 2L));
        var (size, placed) = (2 * half + rest, draw.Flag());
        long[] cache = placed ? [6, half] : [batch, length, half];
        return new([draw.Floats(draw.Flag() ? [batch, heads, length, size] : [batch, length, heads * size]), draw.Floats(cache), draw.Floats(cache),
            .. placed ? [draw.Int64([batch, length], 0, 5)] : (TensorProto[])[]],
            [("num_heads", heads), ("interleaved", draw.Flag()), ("rotary_embedding_dim", rest > 0 ? 2 * half : 0)]);
    }

    private static Drawn CachedRotary(Draw draw)
    {
        var (batch, heads, length, half, part) = (draw.Int(1, 2), draw.Int(1, 3), draw.Int(1, 4), draw.Int(1, 3), draw.Flag());
        var size = 2 * half + (part ? 2 : 0);
        return new([draw.Floats(draw.Flag() ? [batch, heads, length, size] : [batch, length, heads * size]),
            draw.Flag() ? draw.Int64([batch, length], 0, 5) : draw.Int64([1], 0, 2), draw.Floats([8, half]), draw.Floats([8, half])],
            [("interleaved", draw.Flag()), .. part ? [("num_heads", heads), ("rotary_embedding_dim", 2 * half)] : ((string, object)[])[]]);
    }

    private static Drawn Norm(Draw draw, int outputs)
    {
        var shape = draw.Ints((int)draw.Int(2, 4), 2, 5);
        var axis = draw.Int(1, shape.Length - 1);
        return new([draw.Floats(shape), draw.Floats(shape[(int)axis..])], [("axis", draw.Axis(axis, shape.Length)), ("epsilon", 1e-3f)], outputs);
    }

    private static Drawn Skip(Draw draw, bool beta)
    {
        var (batch, length, size) = (draw.Int(1, 3), draw.Int(1, 3), draw.Int(2, 5));
        TensorProto? Maybe() => draw.Flag() ? draw.Floats([size]) : null;
        return new([draw.Floats([batch, length, size]), draw.Floats(draw.Pick<long[]>([batch, length, size], [length, size], [1, length, size])), draw.Floats([size]),
            .. beta ? [Maybe()] : (TensorProto?[])[], Maybe()], [("epsilon", 1e-3f)]);
    }

    private static Drawn Embedded(Draw draw)
    {
        var (batch, length, size, segments) = (draw.Int(1, 3), draw.Int(1, 4), draw.Int(2, 5), draw.Flag());
        var mask = draw.Flag() ? draw.Int32([batch, length], 0, 1) : null;
        return new([draw.Int32([batch, length], 0, 6), segments ? draw.Int32([batch, length], 0, 1) : null, draw.Floats([7, size]), draw.Floats([6, size]),
            segments ? draw.Floats([2, size]) : null, draw.Floats([size]), draw.Floats([size]), mask,
            .. draw.Flag() ? [draw.Int32([batch, length], 0, 5)] : (TensorProto[])[]], [("epsilon", 1e-3f)], Outputs: 2);
    }

    private static Drawn Packed(Draw draw)
    {
        var (batch, length, heads, size, input, past) = (draw.Int(1, 2), draw.Int(1, 4), draw.Int(1, 3), draw.Int(1, 3), draw.Int(1, 4), draw.Pick(0L, 0L, 2L));
        var (hidden, keys) = (heads * size, length + past);
        var valueHidden = past == 0 ? heads * draw.Int(1, 3) : hidden;
        return new([draw.Floats([batch, length, input]), draw.Floats([input, 2 * hidden + valueHidden]), draw.Floats([2 * hidden + valueHidden]),
            Mask(draw, batch, length, keys), past > 0 ? draw.Floats([2, batch, heads, past, size]) : null,
            past == 0 && draw.Flag() ? draw.Floats([batch, heads, length, keys]) : null],
            [("num_heads", heads), ("unidirectional", draw.Flag()), .. draw.Flag() ? [("scale", 0.4f)] : ((string, object)[])[],
                .. valueHidden != hidden ? [("qkv_hidden_sizes", new[] { hidden, hidden, valueHidden })] : ((string, object)[])[]], Outputs: past > 0 ? 2 : 1);
    }

    private static TensorProto? Mask(Draw draw, long batch, long length, long keys) => draw.Int(0, 4) switch
    {
        0 => draw.Int32([batch], 1, (int)keys),
        1 => FirstSeen(draw.Int32([batch, keys], 0, 1), keys),
        2 => FirstSeen(draw.Int32([batch, length, keys], 0, 1), keys),
        _ => null,
    };

    private static Drawn MultiHead(Draw draw)
    {
        var (batch, length, heads, size, past) = (draw.Int(1, 2), draw.Int(1, 4), draw.Int(1, 3), draw.Int(1, 3), draw.Pick(0L, 0L, 2L));
        var (keys, valueSize) = (past > 0 ? length : draw.Int(1, 4), past > 0 ? size : draw.Int(1, 3));
        var total = keys + past;
        TensorProto?[] cache = past == 0 ? [] : [draw.Floats([batch, heads, past, size]), draw.Floats([batch, heads, past, size])];
        return new([draw.Floats([batch, length, heads * size]), draw.Floats([batch, keys, heads * size]), draw.Floats([batch, keys, heads * valueSize]),
            draw.Flag() ? draw.Floats([heads * (2 * size + valueSize)]) : null, draw.Flag() ? FirstSeen(draw.Int32([batch, total], 0, 1), total) : null,
            draw.Flag() ? draw.Floats([batch, heads, length, total]) : null, .. cache],
            [("num_heads", heads), .. draw.Flag() ? [("scale", 0.4f)] : ((string, object)[])[], ("unidirectional", draw.Flag() && past == 0 && keys == length)], Outputs: past > 0 ? 3 : 1);
    }

    private static Drawn Grouped(Draw draw)
    {
        var (batch, groups, half, past) = (draw.Int(1, 2), draw.Int(1, 2), draw.Pick(8L, 16L), draw.Pick(0L, 3L));
        var (heads, size, length) = (groups * draw.Int(1, 3), 2 * half, past > 0 ? 1 : draw.Int(1, 4));
        var (packed, turned, total) = (draw.Flag(), draw.Flag(), past + length);
        TensorProto?[] states = past > 0 ? [draw.Floats([batch, groups, past, size]), draw.Floats([batch, groups, past, size])] : [null, null];
        return new([draw.Floats([batch, length, packed ? (heads + 2 * groups) * size : heads * size]), packed ? null : draw.Floats([batch, length, groups * size]),
            packed ? null : draw.Floats([batch, length, groups * size]), .. states, draw.Int32([batch], (int)total - 1, (int)total - 1), draw.Int32([1], (int)total, (int)total),
            .. turned ? [draw.Floats([8, half]), draw.Floats([8, half])] : (TensorProto[])[]],
            [("num_heads", heads), ("kv_num_heads", groups), ("do_rotary", turned), ("rotary_interleaved", turned && draw.Flag()),
                .. draw.Pick<(string, object)[]>([], [("scale", 0.4f)], [("softcap", 1.5f)], [("local_window_size", 2L)])], Outputs: 3);
    }
}
