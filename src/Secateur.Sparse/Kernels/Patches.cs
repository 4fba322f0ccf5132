using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>The pixels that a convolution's kernel meets, side by side for a tile of output pixels: a line of places for each channel and place of the kernel.</summary>
/// <remarks>Output pixels are counted through all images of the batch. What lies outside an image is zero.</remarks>
internal static unsafe class Patches
{
    private const int CacheLine = 16; // floats

    /// <summary>Fills some channels' part of a tile.</summary>
    /// <param name="x">[batch, all channels, height, width]</param>
    /// <param name="image">Sizes of x and of the output.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="lines">Which line is whose.</param>
    /// <param name="first">The first output pixel.</param>
    /// <param name="places">How many there are.</param>
    /// <param name="width">Floats of a line of the tile; what is beyond the places is left as it was.</param>
    /// <param name="to">The tile, from the group's first channel.</param>
    /// <param name="group">The group's first channel.</param>
    /// <param name="from">The first channel of these, in the group.</param>
    /// <param name="behind">Behind the last.</param>
    public static void Fill<S, V>(float* x, in ImageSize image, ConvolutionShape shape, PatchLines lines, long first, int places, int width, float* to, int group, int from, int behind) where S : ISimd<V> where V : unmanaged
    {
        for (var kernelRow = 0; kernelRow < shape.KernelHeight; kernelRow++)
            for (var kernelColumn = 0; kernelColumn < shape.KernelWidth; kernelColumn++)
            {
                // The lines of the tile for one place of the kernel differ only in the channel.
                var line = to + (long)lines.Line(from, kernelRow, kernelColumn) * width;
                var step = (long)lines.EachChannel * width;
                for (var done = 0; done < places;)
                {
                    var (picture, pixel) = Math.DivRem(first + done, (long)image.OutHeight * image.OutWidth);
                    var (row, column) = ((int)(pixel / image.OutWidth), (int)(pixel % image.OutWidth));
                    var run = Math.Min(places - done, image.OutWidth - column);
                    var (inRow, inColumn) = (row * shape.StrideHeight - shape.PadTop + kernelRow * shape.DilationHeight, column * shape.StrideWidth - shape.PadLeft + kernelColumn * shape.DilationWidth);
                    // of the run, what is left of the image and what is within
                    var before = Math.Min(run, inColumn >= 0 ? 0 : (-inColumn + shape.StrideWidth - 1) / shape.StrideWidth);
                    var within = inRow < 0 || inRow >= image.Height ? before : Math.Clamp((image.Width - inColumn + shape.StrideWidth - 1) / shape.StrideWidth, before, run);
                    var source = x + ((picture * image.Channels + group + from) * image.Height + inRow) * image.Width + inColumn + (long)before * shape.StrideWidth;
                    Lines<S, V>(source, (long)image.Height * image.Width, line + done, step, behind - from, before, within, run, shape.StrideWidth);
                    done += run;
                }
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    private static void Lines<S, V>(float* source, long channel, float* to, long step, int channels, int before, int within, int run, int stride) where S : ISimd<V> where V : unmanaged
    {
        var even = Evens<S, V>();
        for (var i = 0; i < channels; i++, source += channel, to += step)
        {
            for (var at = 0; at < before; at++) to[at] = 0;
            if (stride == 1) Copy<S, V>(source, to + before, within - before);
            else if (stride == 2) EverySecond<S, V>(source, to + before, within - before, even);
            else
                for (var at = before; at < within; at++) to[at] = source[(at - before) * stride];
            for (var at = Math.Max(before, within); at < run; at++) to[at] = 0;
        }
    }

    /// <summary>Asks for some floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<S, V>(float* from, int count) where S : ISimd<V> where V : unmanaged
    {
        for (var i = 0; i < count; i += CacheLine) S.Prefetch(from + i);
    }

    /// <summary>to[i] = from[i]; reads and writes nothing beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy<S, V>(float* from, float* to, int count) where S : ISimd<V> where V : unmanaged
    {
        if (count >= S.Lanes)
        {
            for (var i = 0; i < count - S.Lanes; i += S.Lanes) S.Store(S.Load(from + i), to + i);
            S.Store(S.Load(from + count - S.Lanes), to + count - S.Lanes); // over some of what was there
        }
        else if (count >= 4)
        {
            for (var i = 0; i < count - 4; i += 4) Vector128.Load(from + i).Store(to + i);
            Vector128.Load(from + count - 4).Store(to + count - 4);
        }
        else
            for (var i = 0; i < count; i++) to[i] = from[i];
    }

    /// <summary>to[i] = from[2 · i]; reads nothing beyond the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EverySecond<S, V>(float* from, float* to, int count, V even) where S : ISimd<V> where V : unmanaged
    {
        var i = 0;
        for (; i + S.Lanes < count; i += S.Lanes) S.Store(S.Lookup(S.Load(from + 2 * i), S.Load(from + 2 * i + S.Lanes), even), to + i); // never the last: a float more would be read
        for (; i < count; i++) to[i] = from[2 * i];
    }

    /// <summary>Names every second float of two vectors.</summary>
    public static V Evens<S, V>() where S : ISimd<V> where V : unmanaged
    {
        var evens = stackalloc byte[] { 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30 };
        return S.Indices(evens);
    }
}

/// <summary>Sizes of a convolution's images; its output's channels are the layer's.</summary>
internal readonly record struct ImageSize(int Channels, int Height, int Width, int OutHeight, int OutWidth);
