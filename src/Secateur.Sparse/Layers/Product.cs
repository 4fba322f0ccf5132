using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>One constant, mostly zero matrix with its bias and activation, packed for this processor: activation(W·x + b).</summary>
internal sealed unsafe class Product : IDisposable
{
    // Multiply-adds in the same time, of four rows that share their columns, two, and one (Zen 5, AVX-512 and AVX2 alike).
    private const double FourTogether = 1.6;
    private const double TwoTogether = 1.2;

    /// <summary>Elements that groups of rows may keep for each nonzero: with more, what is loaded for zeros is not worth it.</summary>
    public const double MostFilled = 1.3;

    private readonly float[] _bias, _scales;
    private readonly Unstructured? _unstructured;
    private readonly Grouped? _grouped;
    private readonly Lock _making = new();
    private FewTokens? _few;

    /// <param name="weights">[outputs, inputs]</param>
    /// <param name="bias">[outputs]; none where empty.</param>
    /// <param name="activation">Of the outputs.</param>
    /// <param name="level">The instructions; the best ones unless told.</param>
    /// <param name="scales">[outputs], where each weight is a byte times that of its output; none where empty.</param>
    /// <param name="lines">Where the inputs of many tokens lie; in their order where null.</param>
    public Product(Csr weights, ReadOnlySpan<float> bias, Activation activation, Level? level = null, ReadOnlySpan<float> scales = default, Lines? lines = null)
    {
        (Rows, Columns, Nonzero, Activation, Level) = (weights.Rows, weights.Columns, weights.Nonzero, activation, level ?? Level.Best);
        (_bias, _scales) = (bias.ToArray(), scales.ToArray());
        Sketches? sketches = null;
        var (fours, twos) = (RowGroups.Best(weights, 4, Sketched), RowGroups.Best(weights, 2, Sketched));
        var (four, two) = (Together(fours, FourTogether), Together(twos, TwoTogether));
        if (Math.Min(four, two) > Nonzero) _unstructured = new(weights, bias, Level, lines);
        else _grouped = new(weights, four <= two ? fours : twos, bias, lines);

        Sketches Sketched() => sketches ??= Sketches.Of(weights);
    }

    /// <summary>What groups of rows take, in multiply-adds of single ones.</summary>
    private double Together(RowGroups groups, double rate) => groups.Joined * groups.Height is var kept && kept <= MostFilled * Nonzero ? kept / rate : double.PositiveInfinity;

    /// <summary>Outputs.</summary>
    public int Rows { get; }

    /// <summary>Inputs.</summary>
    public int Columns { get; }

    public long Nonzero { get; }
    public Activation Activation { get; }
    public Level Level { get; }

    /// <summary>Outputs that many tokens' y must have room for.</summary>
    public int RoundedRows => (Rows + 3) / 4 * 4;

    /// <summary>Whether many tokens' y need have room for no more than the outputs.</summary>
    public bool FillsGroups => Rows % (_grouped?.Height ?? 4) == 0;

    /// <summary>What the packed weights take.</summary>
    public long Bytes => (_unstructured?.Bytes ?? 0) + (_grouped?.Bytes ?? 0) + (_few?.Bytes ?? 0);

    /// <summary>What is right for this pattern of zeros.</summary>
    public string Format => _unstructured is not null ? "unstructured" : $"{_grouped!.Height}x1";

    /// <summary>The same weights for few tokens, packed when they are first asked for.</summary>
    public FewTokens Few
    {
        get
        {
            if (Volatile.Read(ref _few) is { } made) return made;
            lock (_making)
            {
                if (_few is not null) return _few;
                using var again = _unstructured?.ToCsr() ?? _grouped!.ToCsr();
                Volatile.Write(ref _few, new FewTokens(again, _bias, _scales, Level));
                return _few;
            }
        }
    }

    /// <summary>The row that is worked on at a place: rows that are packed together lie side by side as they are worked on, and apart where they belong.</summary>
    public int Row(int place) => AreNeighbours ? place : _grouped!.Row(place);

    /// <summary>Whether places are rows.</summary>
    public bool AreNeighbours => _grouped?.AreNeighbours ?? true;

    /// <summary>Some rows for a tile of tokens.</summary>
    /// <param name="x">[lines, vectors · lanes]</param>
    /// <param name="xStride">Floats from one line to the next.</param>
    /// <param name="y">[rounded rows, vectors · lanes]</param>
    /// <param name="yStride">Likewise.</param>
    /// <param name="vectors">From 1 to <see cref="Level.MostVectors"/>.</param>
    /// <param name="from">The first place, a multiple of <see cref="Unstructured.Alike"/>.</param>
    /// <param name="to">Behind the last; a multiple too, or all.</param>
    public void Run(float* x, long xStride, float* y, long yStride, int vectors, int from, int to)
    {
        var relu = Activation.Kind == ActivationKind.Relu;
        if (_unstructured is not null) Level.Run(_unstructured, x, xStride, y, yStride, vectors, relu, from, to);
        else Level.Run(_grouped!, x, xStride, y, yStride, vectors, relu, from, to);
        if (relu || Activation.Kind == ActivationKind.None) return;
        var width = vectors * Level.Lanes;
        if (yStride == width && (AreNeighbours || to - from == Rows)) Activations.Apply(Activation, y + from * yStride, (long)(to - from) * width);
        else
            for (var place = from; place < to; place++) Activations.Apply(Activation, y + Row(place) * yStride, width);
    }

    public void Dispose()
    {
        _unstructured?.Dispose();
        _grouped?.Dispose();
        _few?.Dispose();
    }
}
