using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>Matrix products, one into the next. Between them tokens stay in the kernels' own order.</summary>
/// <remarks>
/// A few tokens go as they lie through <see cref="FewTokens"/>. Many are cut into <see cref="Tiles"/>, transposed, and transposed back in the end. With many tiles each is one
/// piece of work; with few of them each step is divided by rows, so that all threads have some.
/// </remarks>
internal sealed unsafe class Chain(ImmutableArray<Product> products) : IDisposable
{
    private const long LeastWork = 1 << 17; // multiply-adds of a piece

    private readonly int _widest = products.Max(product => Math.Max(product.Columns, product.RoundedRows));
    private readonly int _lanes = products[0].Level.Lanes;
    private int _packed; // a bit for each form in which all products are

    public int Columns => products[0].Columns;
    public int Rows => products[^1].Rows;
    public long Bytes => products.Sum(product => product.Bytes);
    public ImmutableArray<Product> Products => products;

    /// <summary>Packs the weights for so many tokens, which would be done when they first come; several products side by side.</summary>
    public void Prepare(long tokens, Workers workers = default)
    {
        var form = IsFew(tokens) ? Form.Few : IsNarrow(tokens) ? Form.Narrow : Form.Many;
        if ((Volatile.Read(ref _packed) & 1 << (int)form) != 0) return;
        var handle = GCHandle.Alloc(this);
        try
        {
            var job = new Job { Chain = GCHandle.ToIntPtr(handle), Form = form };
            workers.For(&PackOne, (nuint)products.Length, &job);
        }
        finally
        {
            handle.Free();
        }
        Interlocked.Or(ref _packed, 1 << (int)form);
    }

    private static void PackOne(void* state, nuint at)
    {
        var job = (Job*)state;
        var product = Of(job).Products[(int)at];
        if (job->Form == Form.Few) _ = product.Few;
        else _ = job->Form == Form.Narrow ? product.Narrow : product.Many;
    }

    private bool IsNarrow(long tokens) => tokens <= products[0].Level.NarrowVectors * _lanes;

    private bool IsFew(long tokens)
    {
        foreach (var product in products)
            if (!product.AreFew(tokens)) return false;
        return true;
    }

    /// <summary>How weights are packed.</summary>
    private enum Form
    {
        Few,
        Narrow,
        Many,
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Job
    {
        public nint Chain; // a handle
        public float* X, Other;
        public void* Y;
        public long Tokens;
        public Tiles Tiles;
        public Ending Ending;
        public Form Form;
        public int Product, Pieces;
        public long Stride;
    }

    /// <summary>y = last(chain(x) + residual)</summary>
    /// <param name="x">[tokens, columns]</param>
    /// <param name="y">[tokens, rows]</param>
    /// <param name="residual">[tokens, rows], or null.</param>
    /// <param name="last">Of the sum.</param>
    /// <param name="tokens">How many; may be none.</param>
    /// <param name="workers">Who does it.</param>
    public void Run(float* x, float* y, float* residual, Activation last, long tokens, Workers workers) => Run(x, y, new Ending(residual, last), tokens, workers);

    /// <summary>y = ending(chain(x))</summary>
    /// <param name="x">[tokens, columns]</param>
    /// <param name="y">[tokens, rows], of floats or what else the ending makes.</param>
    /// <param name="ending">Of the sums.</param>
    /// <param name="tokens">How many; may be none.</param>
    /// <param name="workers">Who does it.</param>
    public void Run(float* x, void* y, Ending ending, long tokens, Workers workers)
    {
        if (tokens == 0) return;
        Prepare(tokens, workers);
        var handle = GCHandle.Alloc(this);
        try
        {
            var job = new Job { Chain = GCHandle.ToIntPtr(handle), X = x, Y = y, Tokens = tokens, Ending = ending };
            if (IsFew(tokens))
            {
                Few(job, workers);
                return;
            }
            job.Tiles = new(tokens, products[0].Level);
            if (job.Tiles.Count >= Workers.Pieces) workers.For(&WholeTile, (nuint)job.Tiles.Count, &job);
            else ByRows(job, workers);
        }
        finally
        {
            handle.Free();
        }
    }

    private static Chain Of(Job* job) => Unsafe.As<Chain>(GCHandle.FromIntPtr(job->Chain).Target!);

    private void Few(Job job, Workers workers)
    {
        var (tokens, stride) = ((int)job.Tokens, products[0].Few.Stride);
        if (stride != Columns)
        {
            var padded = Scratch.Take(0, (long)tokens * stride);
            for (var token = 0; token < tokens; token++) Pad(job.X + (long)token * Columns, Columns, padded + (long)token * stride, stride);
            job.X = padded;
        }
        for (var at = 0; at < products.Length; at++)
        {
            var few = products[at].Few;
            var next = at + 1 < products.Length ? products[at + 1].Few.Stride : Rows;
            var y = at + 1 < products.Length || !job.Ending.IsInPlace ? Scratch.Take(1 + at % 2, (long)tokens * next) : (float*)job.Y;
            job.Other = y;
            (job.Product, job.Stride, job.Pieces) = (at, next, (int)Math.Clamp(products[at].Nonzero * tokens / LeastWork, 1, Math.Min(Workers.Pieces, few.Groups)));
            workers.For(&FewRows, (nuint)job.Pieces, &job);
            for (var token = 0; token < tokens; token++)
            {
                var row = y + (long)token * next;
                if (products[at].Activation.Kind != ActivationKind.Relu) Activations.Apply(products[at].Activation, row, products[at].Rows);
                if (next > products[at].Rows) new Span<float>(row + products[at].Rows, next - products[at].Rows).Clear();
            }
            job.X = y;
        }
        job.Ending.Apply(job.X, job.Y, 0, job.Tokens, Rows);
    }

    private static void Pad(float* from, int count, float* to, int length)
    {
        new Span<float>(from, count).CopyTo(new(to, length));
        new Span<float>(to + count, length - count).Clear();
    }

    private static void FewRows(void* state, nuint piece)
    {
        var job = (Job*)state;
        var product = Of(job).Products[job->Product];
        var few = product.Few;
        var (from, to) = (few.Groups * (int)piece / job->Pieces, few.Groups * ((int)piece + 1) / job->Pieces);
        for (var token = 0; token < job->Tokens; token += FewTokens.Most)
            few.Run(job->X + (long)token * few.Stride, job->Other + token * job->Stride, job->Stride, (int)Math.Min(FewTokens.Most, job->Tokens - token), product.Activation.Kind == ActivationKind.Relu, from, to);
    }

    private static void WholeTile(void* state, nuint tile)
    {
        var job = (Job*)state;
        var chain = Of(job);
        var width = (long)job->Tiles.Vectors((int)tile) * chain._lanes;
        var x = Scratch.Take(0, chain._widest * width);
        var y = Scratch.Take(1, chain._widest * width);
        chain.In(job, (int)tile, x, 0, chain.Columns);
        foreach (var product in chain.Products)
        {
            product.Run(x, width, y, width, (int)(width / chain._lanes), 0, product.Rows, chain.IsNarrow(job->Tokens));
            var done = x;
            x = y;
            y = done;
        }
        chain.Out(job, (int)tile, x, 0, job->Tiles.Places((int)tile));
    }

    /// <summary>Tiles lie behind each other; a step is divided into tiles and pieces of each.</summary>
    private void ByRows(Job job, Workers workers)
    {
        var places = job.Tiles.Offset(job.Tiles.Count);
        var x = Scratch.Take(0, _widest * places);
        var y = Scratch.Take(1, _widest * places);
        job.Other = x;
        job.Pieces = (int)Math.Clamp(Columns * places / LeastWork, 1, Workers.Pieces);
        workers.For(&InPiece, (nuint)(job.Tiles.Count * job.Pieces), &job);
        for (var at = 0; at < products.Length; at++)
        {
            job.X = x;
            job.Other = y;
            job.Product = at;
            job.Pieces = (int)Math.Clamp(products[at].Nonzero * places / LeastWork / job.Tiles.Count, 1, Math.Max(1, Math.Min(Workers.Pieces / job.Tiles.Count, products[at].Rows / products[at].Alike)));
            workers.For(&ProductPiece, (nuint)(job.Tiles.Count * job.Pieces), &job);
            var done = x;
            x = y;
            y = done;
        }
        job.Other = x;
        job.Pieces = (int)Math.Clamp(Rows * places / LeastWork, 1, Workers.Pieces);
        workers.For(&OutPiece, (nuint)(job.Tiles.Count * job.Pieces), &job);
    }

    private static void InPiece(void* state, nuint i)
    {
        var job = (Job*)state;
        var chain = Of(job);
        var (tile, piece) = Math.DivRem((int)i, job->Pieces);
        chain.In(job, tile, job->Other + job->Tiles.Offset(tile) * chain._widest, (int)((long)chain.Columns * piece / job->Pieces), (int)((long)chain.Columns * (piece + 1) / job->Pieces));
    }

    private static void ProductPiece(void* state, nuint i)
    {
        var job = (Job*)state;
        var chain = Of(job);
        var product = chain.Products[job->Product];
        var (tile, piece) = Math.DivRem((int)i, job->Pieces);
        var (from, to) = product.Part(piece, job->Pieces);
        var offset = job->Tiles.Offset(tile) * chain._widest;
        var width = job->Tiles.Vectors(tile) * chain._lanes;
        if (from < to) product.Run(job->X + offset, width, job->Other + offset, width, job->Tiles.Vectors(tile), from, to, chain.IsNarrow(job->Tokens));
    }

    private static void OutPiece(void* state, nuint i)
    {
        var job = (Job*)state;
        var chain = Of(job);
        var (tile, piece) = Math.DivRem((int)i, job->Pieces);
        var places = job->Tiles.Places(tile);
        chain.Out(job, tile, job->Other + job->Tiles.Offset(tile) * chain._widest, places * piece / job->Pieces, places * (piece + 1) / job->Pieces);
    }

    /// <summary>Some columns of a tile's tokens to [columns, places]. What is beyond the last token is left as it was: nobody reads what comes of it.</summary>
    private void In(Job* job, int tile, float* to, int from, int behind)
    {
        var (places, width) = (job->Tiles.Places(tile), job->Tiles.Vectors(tile) * _lanes);
        products[0].Level.Transpose(job->X + job->Tiles.First(tile) * Columns + from, places, behind - from, Columns, to + (long)from * width, width);
    }

    /// <summary>Some tokens of a tile to [tokens, rows].</summary>
    private void Out(Job* job, int tile, float* x, int from, int behind)
    {
        var (width, first, tokens) = (job->Tiles.Vectors(tile) * _lanes, job->Tiles.First(tile) + from, behind - from);
        var to = job->Ending.IsInPlace ? (float*)job->Y + first * Rows : Scratch.Take(2, (long)tokens * Rows);
        products[0].Level.Transpose(x + from, Rows, tokens, width, to, Rows);
        job->Ending.Apply(to, job->Y, first, tokens, Rows);
    }

    public void Dispose()
    {
        foreach (var product in products) product.Dispose();
    }
}
