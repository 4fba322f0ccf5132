using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>A product's weights packed for one to four tokens: strips where the pattern of zeros has them, lookups otherwise.</summary>
internal sealed unsafe class FewTokens : IDisposable
{
    private const int OfLarge = 3; // tokens, where what is left over of lookups is gathered for each
    private const double Slot = sizeof(float) + 1;

    private readonly Lookup? _lookup;
    private readonly Strips? _strips;
    private readonly Level _level;

    /// <param name="csr">The weights; where there are scales they are divided by these, and stay so.</param>
    /// <param name="bias">[outputs]; none where empty.</param>
    /// <param name="scales">[outputs], where each weight is a byte times that of its output: the bytes are kept then.</param>
    /// <param name="level">The instructions.</param>
    public FewTokens(Csr csr, ReadOnlySpan<float> bias, ReadOnlySpan<float> scales, Level level)
    {
        _level = level;
        var groups = GroupsOf(csr, level);
        if (!scales.IsEmpty) csr.Divide(scales);
        if (groups is not null) _strips = new(csr, groups, bias, scales);
        else _lookup = new(csr, bias, level.Lanes, scales);
    }

    /// <summary>Elements that strips may keep for each nonzero: a lookup's slots cost as much.</summary>
    public const double Filled = 1.25;

    /// <summary>Tokens that are taken at once, at most.</summary>
    public const int Most = 4;

    /// <summary>Up to how many tokens lookups are faster than <see cref="ManyTokens"/>: the more of them, the more those lose who read the weights once for four.</summary>
    /// <param name="nonzero">Weights.</param>
    /// <param name="level">The instructions.</param>
    public static int UpTo(long nonzero, Level level) => LookupPlan.IsLarge(nonzero * Slot) ? Math.Min(OfLarge, level.FewTokens) : level.FewTokens;

    /// <summary>Whether weights are packed as strips, which are faster up to <see cref="Level.FewTokens"/>.</summary>
    public static bool AreStrips(Csr csr, Level level) => GroupsOf(csr, level) is not null;

    private static RowGroups? GroupsOf(Csr csr, Level level) =>
        csr.Columns <= Strips.MostColumns && RowGroups.Best(csr, level.Lanes) is var groups && groups.Joined * level.Lanes <= Filled * csr.Nonzero ? groups : null;

    /// <summary>Pieces into which the rows may be divided.</summary>
    public int Groups => _strips?.Groups ?? _lookup!.Groups;

    /// <summary>Floats from one token's x to the next; those behind the columns are zero.</summary>
    public int Stride => _strips?.Columns ?? _lookup!.Padded;

    public long Bytes => _strips?.Bytes ?? _lookup!.Bytes;
    public string Format => (_strips is not null ? $"strips of {_level.Lanes}" : "lookup") + (Kind == ValueKind.Float32 ? "" : $" of {Kind.ToString().ToLowerInvariant()}");

    /// <summary>How values are kept.</summary>
    public ValueKind Kind => _strips?.Kind ?? _lookup!.Kind;

    /// <summary>The weights again.</summary>
    public Csr ToCsr() => _strips?.ToCsr() ?? _lookup!.ToCsr();

    /// <param name="x">[tokens, stride]</param>
    /// <param name="y">[tokens, rows]</param>
    /// <param name="yStride">From one token's y to the next.</param>
    /// <param name="tokens">1 to 4.</param>
    /// <param name="relu">Whether what is negative becomes 0.</param>
    /// <param name="from">The first group.</param>
    /// <param name="to">Behind the last.</param>
    public void Run(float* x, float* y, long yStride, int tokens, bool relu, int from, int to)
    {
        if (_strips is not null) _level.Run(_strips, x, Stride, y, yStride, tokens, relu, from, to);
        else _level.Run(_lookup!, x, y, yStride, tokens, relu, from, to);
    }

    public void Dispose()
    {
        _lookup?.Dispose();
        _strips?.Dispose();
    }
}
