using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>One constant, mostly zero matrix with its bias and activation: activation(W·x + b). It is packed for this processor when tokens come, for few or for many of them.</summary>
/// <remarks>Until then the weights wait in five bytes for each nonzero. Whichever form is made second is made from the first, so that no more is kept than is used.</remarks>
internal sealed unsafe class Product : IDisposable
{
    private readonly float[] _bias, _scales;
    private readonly Lines? _lines;
    private readonly Lock _making = new();
    private readonly Lazy<bool> _hasStrips; // looked at when it matters first, as it takes some time
    private Compact? _waiting;
    private ManyTokens? _many, _narrow;
    private FewTokens? _few;

    /// <param name="weights">[outputs, inputs]; belongs to the product from here on.</param>
    /// <param name="bias">[outputs]; none where empty.</param>
    /// <param name="activation">Of the outputs.</param>
    /// <param name="level">The instructions; the best ones unless told.</param>
    /// <param name="scales">[outputs], where each weight is a byte times that of its output; none where empty.</param>
    /// <param name="lines">Where the inputs of many tokens lie; in their order where null.</param>
    public Product(Compact weights, ReadOnlySpan<float> bias, Activation activation, Level? level = null, ReadOnlySpan<float> scales = default, Lines? lines = null)
    {
        (_waiting, Rows, Columns, Nonzero, Activation, Level) = (weights, weights.Rows, weights.Columns, weights.Entries, activation, level ?? Level.Best);
        Alike = AlikeOf(weights.Rows);
        _hasStrips = new(HasStrips);
        (_bias, _scales, _lines) = (bias.ToArray(), scales.ToArray(), lines);
    }

    /// <summary>Outputs.</summary>
    public int Rows { get; }

    /// <summary>Inputs.</summary>
    public int Columns { get; }

    /// <summary>Nonzero weights, about.</summary>
    public long Nonzero { get; }

    public Activation Activation { get; }
    public Level Level { get; }

    /// <summary>Outputs that many tokens' y must have room for.</summary>
    public int RoundedRows => (Rows + 3) / 4 * 4;

    /// <summary>Rows that are sorted among themselves, and so are worked on by one thread: as many as leave each thread its share.</summary>
    public int Alike { get; }

    /// <summary>The places of a piece, of so many that rows that are worked on together are not parted.</summary>
    public (int From, int Behind) Part(int piece, int pieces)
    {
        var blocks = (Rows + Alike - 1) / Alike;
        return (blocks * piece / pieces * Alike, Math.Min(Rows, blocks * (piece + 1) / pieces * Alike));
    }

    /// <summary>What the packed weights take.</summary>
    public long Bytes => (_waiting?.Bytes ?? 0) + (_many?.Bytes ?? 0) + (_narrow == _many ? 0 : _narrow?.Bytes ?? 0) + (_few?.Bytes ?? 0);

    /// <summary>The weights for many tokens, packed when they are first asked for.</summary>
    public ManyTokens Many => Volatile.Read(ref _many) ?? Made(ref _many, weights => _narrow is { IsForAll: true } ? _narrow : new(weights, _bias, Level, _lines, Alike, Level.MostVectors));

    /// <summary>Those for many tokens of which there are no more than <see cref="Level.NarrowVectors"/> vectors in all, likewise.</summary>
    public ManyTokens Narrow => Volatile.Read(ref _narrow) ?? Made(ref _narrow, weights => _many is { IsForAll: true } ? _many : new(weights, _bias, Level, _lines, Alike, Level.NarrowVectors));

    /// <summary>Those for few tokens, likewise.</summary>
    public FewTokens Few => Volatile.Read(ref _few) ?? Made(ref _few, weights => new(weights, _bias, _scales, Level));

    /// <summary>Whether so many tokens are few.</summary>
    public bool AreFew(long tokens) => tokens <= Level.FewTokens && (tokens <= FewTokens.UpTo(Nonzero, Level) || _hasStrips.Value);

    private bool HasStrips()
    {
        lock (_making)
        {
            using var weights = Weights();
            return FewTokens.AreStrips(weights, Level);
        }
    }

    /// <summary>Some rows for a tile of tokens.</summary>
    /// <param name="x">[lines, vectors · lanes]</param>
    /// <param name="xStride">Floats from one line to the next.</param>
    /// <param name="y">[rows up to a multiple of four, vectors · lanes]</param>
    /// <param name="yStride">Likewise.</param>
    /// <param name="vectors">From 1 to <see cref="Level.MostVectors"/>.</param>
    /// <param name="from">The first place, of <see cref="Part"/>.</param>
    /// <param name="to">Behind the last.</param>
    /// <param name="narrow">Whether there is no other tile, and this one is narrow.</param>
    public void Run(float* x, long xStride, float* y, long yStride, int vectors, int from, int to, bool narrow = false)
    {
        var (many, relu) = (narrow ? Narrow : Many, Activation.Kind == ActivationKind.Relu);
        many.Run(x, xStride, y, yStride, vectors, relu, from, to);
        if (relu || Activation.Kind == ActivationKind.None) return;
        var width = vectors * Level.Lanes;
        if (yStride == width && (many.AreNeighbours || to - from == Rows)) Activations.Apply(Activation, y + from * yStride, (long)(to - from) * width);
        else
            for (var place = from; place < to; place++) Activations.Apply(Activation, y + many.Row(place) * yStride, width);
    }

    public void Dispose()
    {
        _waiting?.Dispose();
        if (_narrow != _many) _narrow?.Dispose();
        _many?.Dispose();
        _few?.Dispose();
    }

    private static int AlikeOf(int rows)
    {
        var share = (rows + Workers.Pieces - 1) / Workers.Pieces;
        var blocks = Math.Max(1, (share + Unstructured.MostAlike - 1) / Unstructured.MostAlike);
        return Math.Max(Unstructured.LeastAlike, ((share + blocks - 1) / blocks + 3) / 4 * 4);
    }

    private T Made<T>(ref T? form, Func<Csr, T> make) where T : class
    {
        lock (_making)
        {
            if (form is not null) return form;
            using var weights = Weights();
            var made = make(weights);
            Volatile.Write(ref form, made);
            _waiting?.Dispose();
            _waiting = null;
            return made;
        }
    }

    /// <summary>From whatever form they have.</summary>
    private Csr Weights() => _waiting?.ToCsr() ?? _many?.ToCsr() ?? _narrow?.ToCsr() ?? _few!.ToCsr();
}
