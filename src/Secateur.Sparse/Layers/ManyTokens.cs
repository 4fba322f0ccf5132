using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>A product's weights packed for many tokens: groups of rows where the pattern of zeros has them, single nonzeros otherwise.</summary>
internal sealed unsafe class ManyTokens : IDisposable
{
    // Multiply-adds in the same time, of four rows that share their columns, two, and one (Zen 5, AVX-512 and AVX2 alike).
    private const double FourTogether = 1.6;
    private const double TwoTogether = 1.2;

    /// <summary>Elements that groups of rows may keep for each nonzero: with more, what is loaded for zeros is not worth it.</summary>
    public const double MostFilled = 1.3;

    private readonly Unstructured? _unstructured;
    private readonly Grouped? _grouped;
    private readonly Level _level;
    private readonly int _rows;

    /// <param name="weights">[outputs, inputs]</param>
    /// <param name="bias">[outputs]; none where empty.</param>
    /// <param name="level">The instructions.</param>
    /// <param name="lines">Where the inputs lie; in their order where null.</param>
    /// <param name="alike">Rows that are sorted among themselves by their number of nonzeros.</param>
    /// <param name="vectors">Of tokens that come at once.</param>
    public ManyTokens(Csr weights, ReadOnlySpan<float> bias, Level level, Lines? lines, int alike, int vectors)
    {
        (_level, _rows) = (level, weights.Rows);
        Sketches? sketches = null;
        var (fours, twos) = (RowGroups.Best(weights, 4, Sketched), RowGroups.Best(weights, 2, Sketched));
        var (four, two) = (Together(fours, FourTogether), Together(twos, TwoTogether));
        if (Math.Min(four, two) > weights.Nonzero) _unstructured = new(weights, bias, level, lines, alike, vectors);
        else _grouped = new(weights, (four <= two ? fours : twos).Sorted(weights, alike), bias, lines);

        IsForAll = _unstructured is null || weights.Columns <= Unstructured.SliceOf(weights.Density, level, level.MostVectors, lines is { AreShared: true });

        Sketches Sketched() => sketches ??= Sketches.Of(weights);
        double Together(RowGroups groups, double rate) => groups.Joined * groups.Height is var kept && kept <= MostFilled * weights.Nonzero ? kept / rate : double.PositiveInfinity;
    }

    public long Bytes => _unstructured?.Bytes ?? _grouped!.Bytes;
    public string Format => _unstructured is not null ? "unstructured" : $"{_grouped!.Height}x1";

    /// <summary>The row that is worked on at a place: rows that are packed together lie side by side as they are worked on, and apart where they belong.</summary>
    public int Row(int place) => AreNeighbours ? place : _grouped!.Row(place);

    /// <summary>Whether weights lie so whatever number of tokens comes.</summary>
    public bool IsForAll { get; }

    /// <summary>Whether places are rows.</summary>
    public bool AreNeighbours => _grouped?.AreNeighbours ?? true;

    /// <summary>Whether y need have room for no more than the outputs.</summary>
    public bool FillsGroups => _rows % (_grouped?.Height ?? 4) == 0;

    /// <summary>The weights again.</summary>
    public Csr ToCsr() => _unstructured?.ToCsr() ?? _grouped!.ToCsr();

    /// <summary>Some rows for a tile of tokens.</summary>
    /// <param name="x">[lines, vectors · lanes]</param>
    /// <param name="xStride">Floats from one line to the next.</param>
    /// <param name="y">[rows up to a multiple of four, vectors · lanes]</param>
    /// <param name="yStride">Likewise.</param>
    /// <param name="vectors">From 1 to <see cref="Level.MostVectors"/>.</param>
    /// <param name="relu">Whether what is negative becomes 0.</param>
    /// <param name="from">The first place, a multiple of those that are sorted among themselves.</param>
    /// <param name="to">Behind the last; a multiple too, or all.</param>
    public void Run(float* x, long xStride, float* y, long yStride, int vectors, bool relu, int from, int to)
    {
        if (_unstructured is not null) _level.Run(_unstructured, x, xStride, y, yStride, vectors, relu, from, to);
        else _level.Run(_grouped!, x, xStride, y, yStride, vectors, relu, from, to);
    }

    public void Dispose()
    {
        _unstructured?.Dispose();
        _grouped?.Dispose();
    }
}
