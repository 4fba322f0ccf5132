using Secateur.Onnx.Proto;
using static Secateur.Tests.Operators.Draw;

namespace Secateur.Tests.Operators;

/// <summary>Losses, transforms and windows of signals, counted n-grams, drawn numbers.</summary>
internal static class SignalCases
{
    public static OperatorCase[] All { get; } =
    [
        new("NegativeLogLikelihoodLoss", [12, 13, 22], draw => Loss(draw, outputs: 1)),
        new("SoftmaxCrossEntropyLoss", [12, 13], draw => Loss(draw, outputs: draw.Pick(1, 2))),
        new("DFT", [17], draw => new([draw.Floats([2, 5, 3, draw.Pick(1L, 2L)]), draw.Flag() ? Scalar(draw.Int(2, 7)) : null],
            [("axis", draw.Int(1, 2)), ("inverse", draw.Flag())])),
        new("DFT", [17], draw => new([draw.Floats([2, 5, 3, 1])], [("axis", draw.Int(1, 2)), ("onesided", true)])),
        new("DFT", [20], draw => new([draw.Floats([2, 5, 3, draw.Pick(1L, 2L)]), null, Scalar(draw.Pick(-3L, -2, 1, 2))], [("inverse", draw.Flag())])),
        new("STFT", [17], draw => draw.Flag()
            ? new([draw.Floats([2, 20, 1]), Scalar(draw.Int(1, 6)), null, Scalar(draw.Pick(4L, 8))], [("onesided", draw.Flag())])
            : new([draw.Floats([2, 20, 1]), Scalar(draw.Int(1, 6)), draw.Floats([8]), draw.Flag() ? Scalar(8L) : null], [("onesided", draw.Flag())])),
        Window("HannWindow"),
        Window("HammingWindow"),
        Window("BlackmanWindow"),
        new("MelWeightMatrix", [17], draw => new([Scalar(draw.Int(1, 8)), Scalar(draw.Pick(16L, 64)), Scalar(8192L), Scalar(draw.Pick(0f, 100f)), Scalar(draw.Pick(1000f, 4000f))], [])),
        new("TfIdfVectorizer", [9], draw => new([draw.Int64(draw.Flag() ? [12] : [2, 12], 1, 7)],
        [
            ("mode", draw.Pick("TF", "IDF", "TFIDF")), ("min_gram_length", draw.Int(1, 2)), ("max_gram_length", 2L), ("max_skip_count", draw.Int(0, 5)),
            ("ngram_counts", new[] { 0L, 4 }), ("ngram_indexes", new[] { 0L, 1, 2, 3, 4, 5, 6 }), ("pool_int64s", new[] { 2L, 3, 5, 4, 5, 6, 7, 1, 6, 7 }),
            .. draw.Flag() ? [("weights", new[] { 0.5f, 2, 1, 3, 1, 1.5f, 4 })] : ((string, object)[])[],
        ])),
        Drawing("RandomNormal", draw => new([], [("shape", draw.Shape()), ("mean", 1f), ("scale", 2f), .. Seed(draw)])),
        Drawing("RandomUniform", draw => new([], [("shape", draw.Shape()), ("low", 1f), ("high", 2f), ("dtype", draw.Pick(1L, 11L)), .. Seed(draw)])),
        Drawing("RandomNormalLike", draw => new([draw.Floats(draw.Shape())], [.. Seed(draw)])),
        Drawing("RandomUniformLike", draw => new([draw.Floats(draw.Shape())], [("dtype", draw.Pick(1L, 11L)), .. Seed(draw)])),
        Drawing("Bernoulli", draw => new([draw.Floats(draw.Shape(), 0, 1)], [.. draw.Flag() ? [("dtype", draw.Pick(1L, 7L, 9L))] : ((string, object)[])[], .. Seed(draw)])),
        Drawing("Multinomial", draw => new([draw.Floats([2, 4])], [("sample_size", draw.Int(1, 5)), ("dtype", draw.Pick(6L, 7L)), .. Seed(draw)])),
        new("com.microsoft.Inverse", [17], draw => new(Dominant(draw.Floats([2, 3, 3])))),
        new("com.microsoft.ExpandDims", [17], draw => new(draw.Floats([2, 3]), SmallScalar(draw.Pick(-3, -1, 0, 1, 2)))),
        new("com.microsoft.GridSample", [17], draw => new([draw.Floats([1, 2, 4, 5]), draw.Floats([1, 3, 3, 2], -1.2f, 1.2f)],
            [("align_corners", draw.Flag()), ("mode", draw.Pick("bilinear", "nearest")), ("padding_mode", draw.Pick("zeros", "border", "reflection"))])),
    ];

    private static Drawn Loss(Draw draw, int outputs)
    {
        var (batch, classes, more) = (draw.Int(1, 4), draw.Int(2, 5), draw.Ints((int)draw.Int(0, 3), 1, 3));
        (string, object)[] ignored = draw.Flag() ? [("ignore_index", draw.Int(0, classes - 1))] : [];
        TensorProto[] weights = draw.Flag() ? [draw.Floats([classes], 0.1f, 1)] : [];
        var labels = draw.Int64([batch, .. more], 0, classes - 1);
        return new([draw.Floats([batch, classes, .. more]), labels, .. weights], [("reduction", draw.Pick("none", "sum", "mean")), .. ignored], outputs);
    }

    private static OperatorCase Window(string type) => new(type, [17], draw =>
        new([Scalar(draw.Int(2, 9))], [("periodic", draw.Flag()), ("output_datatype", draw.Pick(1L, 11L))]));

    private static OperatorCase Drawing(string type, Func<Draw, Drawn> of) => new(type, [type == "Bernoulli" ? 15 : 7], of) { IsRandom = true };

    private static (string, object)[] Seed(Draw draw) => draw.Flag() ? [("seed", 5f)] : [];

    private static TensorProto SmallScalar(int axis) => Testing.SmallGraphs.Tensor("", TensorProto.Types.DataType.Int32, [axis]);

    /// <summary>Matrices [2, 3, 3] with a diagonal that outweighs the rest, so that they have an inverse.</summary>
    private static TensorProto Dominant(TensorProto matrices)
    {
        var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(matrices.RawData.ToByteArray()).ToArray();
        for (var place = 0; place < values.Length; place++)
            if (place % 9 % 4 == 0) values[place] += 6;
        return Testing.SmallGraphs.Tensor("", TensorProto.Types.DataType.Float, new ReadOnlySpan<float>(values), 2, 3, 3);
    }
}
