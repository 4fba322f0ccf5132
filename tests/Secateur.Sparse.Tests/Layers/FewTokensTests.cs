using CsCheck;
using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Tests.Layers;

/// <summary>Values of weights in fewer bytes than four.</summary>
public sealed class FewTokensTests
{
    private static readonly Gen<ValueKind> Kind = Gen.OneOf(Enum.GetValues<ValueKind>());

    [Theory, MemberData(nameof(ChainTests.Levels), MemberType = typeof(ChainTests))]
    public void Equals_the_dense_loop_over_what_the_values_are(int level) =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[1, 300], Gen.Int[1, 4], Gen.OneOf(0.5, 0.9, 0.97), Kind, Gen.OneOf(1, 16), Gen.Int).Sample((rows, columns, tokens, sparsity, kind, height, seed) =>
        {
            var (scaled, relu) = (seed % 2 == 0, seed / 2 % 2 == 0);
            var random = new Random(seed);
            float[] weights = [.. Draw.Apart(random, Draw.Weights(random, rows, columns, sparsity, height), columns).Select(value => Held(value, kind))];
            float[] scales = scaled && kind is ValueKind.Int8 ? [.. Draw.Values(random, rows).Select(scale => scale + 2)] : [];
            if (scales.Length > 0) weights = [.. weights.Select((value, i) => value * scales[i / columns])];
            var (bias, x) = (Draw.Values(random, rows), Draw.Values(random, tokens * columns));
            var (expected, sizes) = Reference.Product(weights, bias, x, rows, columns, tokens);
            using var csr = Draw.Csr(weights, rows, columns);
            using var few = new FewTokens(csr, bias, scales, Level.All[level]);
            Assert.True(PackedValues.BytesOf(few.Kind) <= PackedValues.BytesOf(kind) || few.Format.StartsWith("strips", StringComparison.Ordinal), $"{few.Format} for {kind}");
            ChainTests.Near([.. expected.Select(value => relu ? Math.Max(0, value) : value)], sizes, Run(few, x, rows, columns, tokens, relu));
        }, iter: 80, threads: 1);

    [Fact]
    public void The_shortest_form_is_found()
    {
        var random = new Random(1);
        foreach (var kind in Enum.GetValues<ValueKind>())
        {
            using var csr = Draw.Csr([.. Draw.Weights(random, 40, 60, 0.5).Select(value => Held(value, kind))], 40, 60);
            Assert.Equal(kind, PackedValues.KindOf(csr, codes: true));
            using var lookup = new Lookup(csr, default, 8);
            Assert.Equal(kind, lookup.Kind);
        }
    }

    /// <summary>A number of a kind near one from −1 to 1.</summary>
    private static float Held(float value, ValueKind kind) => kind switch
    {
        ValueKind.Int8 => MathF.Round(value * 127),
        ValueKind.Code4 => MathF.Round(value * 7) / 3,
        _ => PackedValues.Rounded(value, kind),
    };

    private static unsafe float[] Run(FewTokens few, float[] x, int rows, int columns, int tokens, bool relu)
    {
        var padded = new float[tokens * few.Stride];
        for (var token = 0; token < tokens; token++) x.AsSpan(token * columns, columns).CopyTo(padded.AsSpan(token * few.Stride));
        using var input = new Guarded(padded);
        using var output = new Guarded(new float[tokens * rows]);
        few.Run(input.Pointer, output.Pointer, rows, tokens, relu, 0, few.Groups);
        return output.ToArray();
    }
}
