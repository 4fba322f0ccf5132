using CsCheck;
using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Tests.Layers;

public sealed class ConvolutionTests
{
    private static readonly Gen<ConvolutionShape> Shape = Gen.Select(Gen.OneOf(1, 1, 1, 2, 3), Gen.Int[1, 4].Array[2], Gen.Int[1, 3].Array[2], Gen.Int[0, 3].Array[4], Gen.Int[1, 2].Array[2])
        .Select((groups, kernel, strides, pads, dilations) => new ConvolutionShape(groups, kernel[0], kernel[1], strides[0], strides[1], pads[0], pads[1], pads[2], pads[3], dilations[0], dilations[1]));

    [Theory, MemberData(nameof(ChainTests.Levels), MemberType = typeof(ChainTests))]
    public void Equals_the_dense_loop(int level) =>
        Gen.Select(Shape, Gen.Int[1, 12].Array[2], Gen.Int[1, 40].Array[2], Gen.Int[1, 3], Gen.OneOf(Draw.Sparsities), Gen.Bool, Gen.Int).Sample(
            (shape, channels, size, batch, sparsity, residual, seed) => Check(shape, batch, channels[0] * shape.Groups, channels[1] * shape.Groups, size[0], size[1], sparsity, residual, seed, Level.All[level]), iter: 120, threads: 1);

    /// <summary>Of which several rows fit a vector: bands of one image or of several lie side by side.</summary>
    [Theory, MemberData(nameof(ChainTests.Levels), MemberType = typeof(ChainTests))]
    public void Small_images_equal_the_dense_loop(int level) =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[2, 17].Array[2], Gen.OneOf(2, 3, 5), Gen.Int[1, 3].Array[2], Gen.Int[1, 40].Array[2], Gen.OneOf(Draw.Sparsities), Gen.Bool, Gen.Int).Sample(
            (batch, size, kernel, strides, channels, sparsity, residual, seed) => Check(
                new(1, kernel, kernel, strides[0], strides[1], kernel / 2, kernel / 2, kernel / 2, kernel / 2, 1 + (seed >> 2 & 1), 1 + (seed >> 1 & 1)), batch, channels[0], channels[1], size[0], size[1], sparsity, residual, seed, Level.All[level]),
            iter: 200, threads: 1);

    [Theory, MemberData(nameof(ChainTests.Levels), MemberType = typeof(ChainTests))]
    public void Shapes_of_real_networks(int level)
    {
        var random = 0;
        foreach (var (kernel, stride, pad, size) in new[] { (3, 1, 1, 7), (5, 1, 2, 7), (3, 1, 1, 8), (3, 1, 1, 4), (3, 2, 1, 14), (3, 1, 1, 14), (3, 2, 1, 28), (1, 1, 0, 7), (1, 2, 0, 14), (7, 2, 3, 33), (1, 1, 0, 56), (1, 1, 0, 1), (3, 1, 1, 28), (3, 2, 1, 56), (5, 1, 2, 16), (7, 2, 3, 64) })
            foreach (var batch in new[] { 1, 4 })
                Check(new(1, kernel, kernel, stride, stride, pad, pad, pad, pad, 1, 1), batch, 20, 70, size, size, 0.9, true, random++, Level.All[level]);
        Check(new(1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1), 1, 24, 260, 14, 14, 0.5, true, 0, Level.All[level]); // a tile's channels are shared out
        Check(new(1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1), 1, 24, 260, 6, 16, 0.5, true, 0, Level.All[level]); // a band's
        Check(new(1, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2), 1, 300, 8, 30, 32, 0.5, true, 0, Level.All[level]); // bands of fewer rows, that fit the cache
        Check(new(1, 1, 5, 1, 2, 0, 2, 0, 2, 1, 1), 2, 8, 66, 1, 301, 0.9, false, random, Level.All[level]); // of one dimension
    }

    private static unsafe void Check(ConvolutionShape shape, int batch, int channels, int outputs, int height, int width, double sparsity, bool residual, int seed, Level level)
    {
        var random = new Random(seed);
        var columns = channels / shape.Groups * shape.KernelHeight * shape.KernelWidth;
        var weights = Draw.Weights(random, outputs, columns, sparsity, random.Next(3) switch { 0 => 4, 1 => 2, _ => 1 });
        if (shape.Groups == 1) weights = Draw.Apart(random, weights, columns);
        var (bias, x) = (Draw.Values(random, outputs), Draw.Values(random, batch * channels * height * width));
        var (expected, sizes) = Reference.Convolution(weights, bias, x, shape, batch, channels, outputs, height, width);
        var added = Draw.Values(random, expected.Length);
        var each = outputs / shape.Groups;
        using var layer = new Convolution([.. Enumerable.Range(0, shape.Groups).Select(group => Draw.Compact(weights[(group * each * columns)..((group + 1) * each * columns)], each, columns))], bias, shape, Activation.None, level, seed % 2 == 0 ? 0 : shape.Output(height, width).Width);
        using var input = new Guarded(x);
        using var output = new Guarded(new float[expected.Length]);
        using var sum = new Guarded(added);
        layer.Run(input.Pointer, output.Pointer, residual ? sum.Pointer : null, residual ? Activation.Relu : Activation.None, batch, height, width, Workers.Alone);
        var y = output.ToArray();
        for (var i = 0; i < y.Length; i++)
        {
            var right = residual ? Math.Max(0, expected[i] + added[i]) : expected[i];
            if (!(Math.Abs(right - y[i]) <= 1e-5 * (sizes[i] + Math.Abs(added[i])) + 1e-37)) Assert.Fail($"{shape}, {batch}x{channels}x{height}x{width} to {outputs}: output {i} is {y[i]:R}, not {right:R}");
        }
    }
}
