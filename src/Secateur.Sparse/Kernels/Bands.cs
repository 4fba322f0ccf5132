using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>The pixels that a convolution's kernel meets for some whole rows of output pixels: planes of rows, each as wide as whole vectors, that the kernel's rows share.</summary>
/// <remarks>An input row is laid down once with its padding beside it, and from there copied for each column of the kernel. What is beyond an output row's last pixel is of no account.</remarks>
internal static unsafe class Bands
{
    private const int Ahead = 2; // channels whose pixels are asked for: where they lie is too far apart for the processor to see it coming

    /// <summary>Floats of scratch memory.</summary>
    public static long Scratch(in ImageSize image, ConvolutionShape shape, PatchLines lines, int rows, int width, int lanes)
    {
        var count = 0;
        for (var phase = 0; phase < lines.Phases.Length; phase++) count += lines.Rows(phase, rows);
        return (long)count * Padded(image, shape, width, lanes) + 2 * lanes;
    }

    /// <summary>Fills some channels' part of a band.</summary>
    /// <param name="x">[all channels, height, width]: the image.</param>
    /// <param name="image">Sizes of x and of the output.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="lines">Which line is whose.</param>
    /// <param name="first">The first row of outputs.</param>
    /// <param name="rows">How many there are, at most <see cref="PatchLines.MostRows"/>.</param>
    /// <param name="width">Floats that are written of a line: an output row, and what is missing to whole vectors, or to four.</param>
    /// <param name="pitch">Floats from one line to the next.</param>
    /// <param name="to">The band, from the group's first channel.</param>
    /// <param name="group">The group's first channel.</param>
    /// <param name="from">The first channel of these, in the group.</param>
    /// <param name="behind">Behind the last.</param>
    /// <param name="scratch">On a cache line's border.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    public static void Fill<S, V>(float* x, in ImageSize image, ConvolutionShape shape, PatchLines lines, int first, int rows, int width, int pitch, float* to, int group, int from, int behind, float* scratch) where S : ISimd<V> where V : unmanaged
    {
        var (padded, left) = (Padded(image, shape, width, S.Lanes), Left(shape, S.Lanes));
        new Span<float>(scratch, checked((int)Scratch(image, shape, lines, rows, width, S.Lanes))).Clear(); // margins, and rows beyond the image, stay so
        var even = Patches.Evens<S, V>();
        var some = scratch;
        scratch += S.Lanes;
        var seen = Math.Clamp(first * shape.StrideHeight - shape.PadTop, 0, image.Height); // rows of the image
        var seenBehind = Math.Clamp((first + rows - 1) * shape.StrideHeight - shape.PadTop + (shape.KernelHeight - 1) * shape.DilationHeight + 1, seen, image.Height);
        for (var channel = from; channel < behind; channel++)
        {
            var source = x + (long)(group + channel) * image.Height * image.Width;
            var row = scratch + left;
            if (channel + Ahead < behind) Patches.Prefetch<S, V>(source + Ahead * (long)image.Height * image.Width + (long)seen * image.Width, (seenBehind - seen) * image.Width);
            for (var phase = 0; phase < lines.Phases.Length; phase++)
                for (var i = 0; i < lines.Rows(phase, rows); i++, row += padded)
                {
                    var at = (long)(first + i) * shape.StrideHeight + lines.Phases[phase] - shape.PadTop;
                    if (at >= 0 && at < image.Height) Patches.Copy<S, V>(source + at * image.Width, row, image.Width);
                }
            row = scratch + left - shape.PadLeft;
            for (var phase = 0; phase < lines.Phases.Length; phase++)
            {
                var count = lines.Rows(phase, rows);
                for (var column = 0; column < shape.KernelWidth; column++)
                    Rows<S, V>(row + column * shape.DilationWidth, padded, to + (long)lines.Plane(channel, phase, column) * pitch, pitch, count, width, shape.StrideWidth, even, some);
                row += (long)count * padded;
            }
        }
    }

    /// <summary>Copies some rows to their lines.</summary>
    /// <param name="some">Room for a vector.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rows<S, V>(float* from, int fromPitch, float* to, int pitch, int count, int width, int stride, V even, float* some) where S : ISimd<V> where V : unmanaged
    {
        if (stride == 1 && width == S.Lanes)
            for (var i = 0; i < count; i++, from += fromPitch, to += pitch) S.Store(S.Load(from), to);
        else if (stride == 1 && width > S.Lanes)
            for (var i = 0; i < count; i++, from += fromPitch, to += pitch)
                for (var j = 0; j < width; j += S.Lanes) S.Store(S.Load(from + j), to + j);
        else if (stride == 1 && width == 8)
            for (var i = 0; i < count; i++, from += fromPitch, to += pitch) Vector256.Load(from).Store(to);
        else if (stride == 1)
            for (var i = 0; i < count; i++, from += fromPitch, to += pitch) Vector128.Load(from).Store(to);
        else if (stride == 2 && width < S.Lanes)
            for (var i = 0; i < count; i++, from += fromPitch, to += pitch)
            {
                S.Store(S.Lookup(S.Load(from), S.Load(from), even), some);
                if (width == 8) Vector256.Load(some).Store(to);
                else Vector128.Load(some).Store(to);
            }
        else if (stride == 2)
            for (var i = 0; i < count; i++, from += fromPitch, to += pitch)
                for (var j = 0; j < width; j += S.Lanes) S.Store(S.Lookup(S.Load(from + 2 * j), S.Load(from + 2 * j + S.Lanes), even), to + j);
        else
            for (var i = 0; i < count; i++, from += fromPitch, to += pitch)
                for (var j = 0; j < width; j++) to[j] = from[stride * j];
    }

    /// <summary>Floats before a row in its line, so that it begins on a vector's border.</summary>
    private static int Left(ConvolutionShape shape, int lanes) => (shape.PadLeft + lanes - 1) / lanes * lanes;

    /// <summary>Floats of a line with padding.</summary>
    private static int Padded(in ImageSize image, ConvolutionShape shape, int width, int lanes)
    {
        var left = Left(shape, lanes);
        var read = left - shape.PadLeft + width * shape.StrideWidth + (shape.KernelWidth - 1) * shape.DilationWidth;
        return (Math.Max(left + image.Width, read) + lanes - 1) / lanes * lanes;
    }
}
