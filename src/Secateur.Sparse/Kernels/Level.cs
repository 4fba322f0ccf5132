using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>The kernels with the vector instructions of one level. Compiled ahead of time, a level that the image is not for is not in it.</summary>
internal abstract unsafe class Level
{
    /// <summary>Those that run here, the best one first.</summary>
    public static ImmutableArray<Level> All { get; } = [.. Supported()];

    public static Level Best => All[0];

    public abstract string Name { get; }

    /// <summary>Floats of a vector.</summary>
    public abstract int Lanes { get; }

    /// <summary>Vectors of tokens in a tile, at most: those of four rows are summed up in registers, 32 or 16 of them.</summary>
    public abstract int MostVectors { get; }

    /// <summary>Vectors for which weights are packed otherwise where never more come.</summary>
    public int NarrowVectors => Math.Max(1, MostVectors / 2);

    /// <inheritdoc cref="Unstructured.Run"/>
    public abstract void Run(Unstructured matrix, float* x, long xStride, float* y, long yStride, int vectors, bool relu, int from, int to);

    /// <inheritdoc cref="Grouped.Run"/>
    public abstract void Run(Grouped matrix, float* x, long xStride, float* y, long yStride, int vectors, bool relu, int from, int to);

    /// <inheritdoc cref="Lookup.Run"/>
    public abstract void Run(Lookup matrix, float* x, float* y, long yStride, int tokens, bool relu, int from, int to);

    /// <inheritdoc cref="Strips.Run"/>
    public abstract void Run(Strips matrix, float* x, long xStride, float* y, long yStride, int tokens, bool relu, int from, int to);

    /// <summary>Up to so many tokens the lookup is the faster way.</summary>
    public abstract int FewTokens { get; }

    /// <inheritdoc cref="Patches.Fill"/>
    public abstract void Fill(float* x, in ImageSize image, ConvolutionShape shape, PatchLines lines, long first, int places, int width, float* to, int group, int from, int behind);

    /// <inheritdoc cref="Bands.Fill"/>
    public abstract void FillBand(float* x, in ImageSize image, ConvolutionShape shape, PatchLines lines, int first, int rows, int width, int pitch, float* to, int group, int from, int behind, float* scratch);

    /// <summary>Asks for some floats that will be read or written soon.</summary>
    public abstract void Prefetch(float* from, int count);

    /// <summary>Copies some floats of each row: to[row · toStride + i] = from[row · fromStride + i].</summary>
    public abstract void Copy(float* from, int rows, int count, long fromStride, float* to, long toStride);

    /// <summary>to[column · toStride + row] = from[row · fromStride + column].</summary>
    public abstract void Transpose(float* from, int rows, int columns, long fromStride, float* to, long toStride);

    private static IEnumerable<Level> Supported()
    {
        if (Simd512.IsSupported) yield return new Level<Simd512, Vector512<float>>();
        if (Simd256.IsSupported) yield return new Level<Simd256, Vector256<float>>();
        if (Simd128.IsSupported) yield return new Level<Simd128, Vector128<float>>();
        yield return new Level<Simd1, float>();
    }
}

internal sealed unsafe class Level<S, V> : Level where S : ISimd<V> where V : unmanaged
{
    public override string Name => S.Name;
    public override int Lanes => S.Lanes;
    public override int MostVectors => S.MostVectors;
    public override int FewTokens => S.FewTokens;

    public override void Run(Unstructured matrix, float* x, long xStride, float* y, long yStride, int vectors, bool relu, int from, int to) => matrix.Run<S, V>(x, xStride, y, yStride, vectors, relu, from, to);
    public override void Run(Grouped matrix, float* x, long xStride, float* y, long yStride, int vectors, bool relu, int from, int to) => matrix.Run<S, V>(x, xStride, y, yStride, vectors, relu, from, to);
    public override void Run(Lookup matrix, float* x, float* y, long yStride, int tokens, bool relu, int from, int to) => matrix.Run<S, V>(x, y, yStride, tokens, relu, from, to);

    public override void Run(Strips matrix, float* x, long xStride, float* y, long yStride, int tokens, bool relu, int from, int to) => matrix.Run<S, V>(x, xStride, y, yStride, tokens, relu, from, to);

    public override void Fill(float* x, in ImageSize image, ConvolutionShape shape, PatchLines lines, long first, int places, int width, float* to, int group, int from, int behind) =>
        Patches.Fill<S, V>(x, image, shape, lines, first, places, width, to, group, from, behind);

    public override void FillBand(float* x, in ImageSize image, ConvolutionShape shape, PatchLines lines, int first, int rows, int width, int pitch, float* to, int group, int from, int behind, float* scratch) =>
        Bands.Fill<S, V>(x, image, shape, lines, first, rows, width, pitch, to, group, from, behind, scratch);

    public override void Prefetch(float* from, int count) => Patches.Prefetch<S, V>(from, count);

    public override void Copy(float* from, int rows, int count, long fromStride, float* to, long toStride)
    {
        for (var row = 0; row < rows; row++) Patches.Copy<S, V>(from + row * fromStride, to + row * toStride, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    public override void Transpose(float* from, int rows, int columns, long fromStride, float* to, long toStride)
    {
        var (wholeRows, wholeColumns) = (rows - rows % S.Lanes, columns - columns % S.Lanes);
        // along the side whose lines lie farther apart, so that few of them are open at a time
        if (toStride > fromStride)
        {
            for (var column = 0; column < wholeColumns; column += S.Lanes)
                for (var row = 0; row < wholeRows; row += S.Lanes) S.Transpose(from + row * fromStride + column, fromStride, to + column * toStride + row, toStride);
        }
        else
        {
            for (var row = 0; row < wholeRows; row += S.Lanes)
                for (var column = 0; column < wholeColumns; column += S.Lanes) S.Transpose(from + row * fromStride + column, fromStride, to + column * toStride + row, toStride);
        }
        Rest(from, 0, wholeRows, wholeColumns, columns, fromStride, to, toStride);
        Rest(from, wholeRows, rows, 0, columns, fromStride, to, toStride);
    }

    private static void Rest(float* from, int row, int rows, int first, int columns, long fromStride, float* to, long toStride)
    {
        for (; row < rows; row++)
            for (var column = first; column < columns; column++) to[column * toStride + row] = from[row * fromStride + column];
    }
}
