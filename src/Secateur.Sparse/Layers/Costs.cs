using System.Runtime.Intrinsics.X86;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>What a layer takes in its best packed form, and what the dense one takes, from the speeds of the kernels. In nanoseconds of one thread.</summary>
/// <remarks>
/// The dense side is ONNX Runtime's: near the processor's peak from 16 tokens on, three quarters of it for a few, and as fast as the weights come for one (measured beside it).
/// It multiplies bytes four at a time where the processor can; weights of bytes or half bytes by inputs of floats it makes floats of as they come.
/// </remarks>
internal sealed class Costs(Speeds speeds, Level level)
{
    private const double FewTokensRate = 0.77;    // of the peak, 2 to 15 tokens
    private const double ManyTokensRate = 0.97;
    private const double ConvolutionRate = 0.97;
    private const double LeastShare = 0.25;       // of the time of groups of rows for a whole tile, that no fewer vectors take less than
    private const double StretchFloats = 60;      // transposed in the time that it takes to begin on a row of pixels, for each line of a patch
    private const double Slots = 1.6;             // of a lookup, for each nonzero, about
    private const double GatheredSlots = 1.3;     // the same where what is left over is gathered
    private const double Column = 0.25;           // bytes of a strip's column for each nonzero, with some that are filled in
    private const double BytesTogether = 4;       // multiply-adds of bytes in the time of one of floats, where the processor sums four in one step (3.9 measured, Zen 5)
    private const double BytesApart = 4.0 / 3;    // where that takes three
    private const double WidenedFar = 1.8;        // times what it takes to read them, of the dense side, for bytes and half bytes that become floats as they come from memory (one token, 12288 by 4096: 2.4 ms)
    private const double WidenedNear = 1.2;       // the same from the caches
    private const double Unhidden = 0.5;          // of looking bytes up and reading them, the part of the shorter that the longer does not hide
    private const double Converted = 2;           // times what a float takes to be put in its place, for one that is made of a byte, or becomes one
    private const long ThirdCache = 16 << 20;     // bytes of weights that stay in the last cache

    public static Costs Here { get; } = new(Speeds.Here, Level.Best);

    /// <summary>How many bytes the dense side multiplies in the time of a float.</summary>
    private static double ByteRate { get; } = !X86Base.IsSupported || (X86Base.CpuId(7, 0).Ecx >> 11 & 1) + (X86Base.CpuId(7, 0).Eax > 0 ? X86Base.CpuId(7, 1).Eax >> 4 & 1 : 0) > 0 ? BytesTogether : BytesApart; // AVX512_VNNI, AVX-VNNI

    /// <summary>A sparse product.</summary>
    /// <param name="weights">How its zeros lie.</param>
    /// <param name="tokens">At once.</param>
    /// <param name="value">Bytes of a value for few tokens.</param>
    /// <param name="integers">Whether both sides are bytes.</param>
    public double Product(Census weights, long tokens, double value = sizeof(float), bool integers = false)
    {
        if (integers) return Product(weights, tokens, value) + (weights.Rows + weights.Columns) * (double)tokens * speeds.Patch * Converted;
        if (tokens <= FewTokens.UpTo(weights.Nonzero, level) || (tokens <= level.FewTokens && HasStrips(weights)))
        {
            var (passes, left) = (tokens / FewTokens.Most, tokens % FewTokens.Most);
            return Few(weights, FewTokens.Most, value) * passes + (left > 0 ? Few(weights, left, value) : 0);
        }
        var vectors = (tokens + level.Lanes - 1) / level.Lanes;
        var (tiles, last) = (vectors / level.MostVectors, vectors % level.MostVectors);
        var multiplied = tiles == 0 && last <= level.NarrowVectors ? Tile(weights, last, level.NarrowVectors) : tiles * Tile(weights, level.MostVectors) + (last > 0 ? Tile(weights, last) : 0);
        return multiplied + (weights.Rows + weights.Columns) * (double)tokens * speeds.Patch;
    }

    /// <summary>The same product with all weights, in ONNX Runtime.</summary>
    /// <param name="weights">How many there are.</param>
    /// <param name="tokens">At once.</param>
    /// <param name="value">Bytes of an element.</param>
    /// <param name="integers">Whether both sides are bytes.</param>
    public double DenseProduct(Census weights, long tokens, double value = sizeof(float), bool integers = false)
    {
        var elements = (double)weights.Rows * weights.Columns;
        var rate = (tokens >= 16 ? ManyTokensRate : FewTokensRate) * (integers ? ByteRate : 1);
        var read = elements * value * OfByte(elements * value);
        if (value < sizeof(float)) read *= elements * value > ThirdCache ? WidenedFar : WidenedNear;
        return Math.Max(elements * tokens * speeds.Dense / rate, read);
    }

    /// <summary>A sparse convolution of so many output pixels in all.</summary>
    /// <param name="weights">Of all groups together: columns are those of one group.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="pixels">In the whole batch.</param>
    /// <param name="row">Pixels that lie side by side in an image as they do in a patch.</param>
    /// <param name="channels">Of the input, where it and the output are of bytes; else 0.</param>
    public double Convolution(Census weights, ConvolutionShape shape, long pixels, int row, int channels = 0)
    {
        if (channels > 0) return Convolution(weights, shape, pixels, row) + (weights.Rows + channels) * (double)pixels * speeds.Patch * Converted;
        var lines = (double)weights.Columns * shape.Groups;
        var areShared = BandUnits.ShareLines(shape, row, level);
        if (BandUnits.Suit(shape, row, level))
        {
            lines *= new PatchLines(shape).Share;
            (pixels, row) = (pixels / row * BandUnits.Width(row, level), BandUnits.Width(row, level));
        }
        var vectors = (pixels + level.Lanes - 1) / level.Lanes;
        var (tiles, last) = (vectors / level.MostVectors, vectors % level.MostVectors);
        return tiles * Tile(weights, level.MostVectors, areShared) + (last > 0 ? Tile(weights, last, areShared) : 0) + ((weights.Rows + lines) * pixels + lines * pixels / row * StretchFloats) * speeds.Patch;
    }

    public double DenseConvolution(Census weights, long pixels, bool integers = false) => (double)weights.Rows * weights.Columns * pixels * speeds.Dense / ConvolutionRate / (integers ? ByteRate : 1);

    private double Tile(Census weights, long vectors, bool areShared = false) => Tile(weights, vectors, level.MostVectors, areShared);

    private double Tile(Census weights, long vectors, int packed, bool areShared = false)
    {
        var share = (double)vectors / level.MostVectors;
        var entry = speeds.EntryOfOne + (speeds.Entry - speeds.EntryOfOne) * (vectors - 1) / (level.MostVectors - 1);
        var slice = Unstructured.SliceOf(weights.Density, level, packed, areShared);
        var single = weights.Nonzero * entry + (double)weights.Rows * Math.Max(1, (weights.Columns + slice - 1) / slice) * speeds.Line * share;
        var part = LeastShare + (1 - LeastShare) * share; // of a whole tile's time
        if (weights.Pairs * 2 <= weights.Nonzero * ManyTokens.MostFilled) single = Math.Min(single, weights.Pairs * speeds.Two * part);
        if (weights.Fours * 4 <= weights.Nonzero * ManyTokens.MostFilled) single = Math.Min(single, weights.Fours * speeds.Four * part);
        return single;
    }

    private double Few(Census weights, long tokens, double value)
    {
        var look = speeds.Look + (speeds.LookOfFour - speeds.Look) * (tokens - 1) / (FewTokens.Most - 1);
        var bytes = weights.Nonzero * (value + 1);
        var read = Read(bytes * (LookupPlan.IsLarge(bytes) ? GatheredSlots : Slots));
        var looked = weights.Nonzero * look is var looking && value > 1 ? Math.Max(looking, read) : Math.Max(looking, read) + Unhidden * Math.Min(looking, read); // bytes come about as fast as they are looked up
        if (!HasStrips(weights)) return looked;
        return Math.Min(looked, Math.Max(weights.Sixteens * 16.0 / level.Lanes * speeds.Strip * tokens, Read(weights.Nonzero * (value + Column))));
    }

    private static bool HasStrips(Census weights) => weights.Sixteens * 16 <= weights.Nonzero * FewTokens.Filled;

    private double Read(double bytes) => bytes * OfByte(bytes);

    private double OfByte(double bytes) => bytes > ThirdCache ? speeds.Byte : speeds.CachedByte;
}
