using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>A convolution with constant, mostly zero weights, of one or two dimensions: the product of its weights with the patches of each tile of output pixels.</summary>
internal sealed unsafe class Convolution : IDisposable
{
    private const long LeastWork = 1 << 17; // multiply-adds of a piece

    private readonly ImmutableArray<Product> _groups;
    private readonly ConvolutionShape _shape;
    private readonly Level _level;
    private readonly Chain? _product; // what it is on images of one pixel

    [StructLayout(LayoutKind.Auto)]
    private struct Job
    {
        public nint Convolution; // a handle
        public float* X, Y, Residual, Patches, Products;
        public ImageSize Image;
        public Tiles Tiles;
        public Activation Last;
        public Ending Ending;
        public int Group, Pieces;
    }

    /// <param name="groups">For each group [its outputs, its inputs · kernel height · kernel width], all alike.</param>
    /// <param name="bias">[outputs]; none where empty.</param>
    /// <param name="shape">Strides, pads and so on.</param>
    /// <param name="activation">Of the outputs.</param>
    /// <param name="level">The instructions; the best ones unless told.</param>
    public Convolution(ReadOnlySpan<Csr> groups, ReadOnlySpan<float> bias, ConvolutionShape shape, Activation activation, Level? level = null)
    {
        (_shape, _level) = (shape, level ?? Level.Best);
        var products = ImmutableArray.CreateBuilder<Product>(groups.Length);
        foreach (var weights in groups) products.Add(new(weights, bias.IsEmpty ? default : bias.Slice(products.Count * weights.Rows, weights.Rows), activation, _level));
        _groups = products.MoveToImmutable();
        if (shape.IsPointwise && groups.Length == 1) _product = new(_groups);
    }

    /// <summary>Channels of the input.</summary>
    public int Channels => _groups.Length * GroupChannels;

    /// <summary>Channels of the output.</summary>
    public int Outputs => _groups.Length * _groups[0].Rows;

    public long Bytes => _groups.Sum(group => group.Bytes);
    public ConvolutionShape Shape => _shape;
    public ImmutableArray<Product> Groups => _groups;

    private int GroupChannels => _groups[0].Columns / (_shape.KernelHeight * _shape.KernelWidth);

    /// <inheritdoc cref="ConvolutionShape.Output"/>
    public (int Height, int Width) Output(int height, int width) => _shape.Output(height, width);

    /// <summary>y = last(activation(conv(x) + bias) + residual)</summary>
    /// <param name="x">[batch, channels, height, width]</param>
    /// <param name="y">[batch, outputs, out height, out width]</param>
    /// <param name="residual">Like y, or null.</param>
    /// <param name="last">Of the sum.</param>
    /// <param name="batch">Images; may be none.</param>
    /// <param name="height">Of an image.</param>
    /// <param name="width">Likewise.</param>
    /// <param name="workers">Who does it.</param>
    public void Run(float* x, float* y, float* residual, Activation last, int batch, int height, int width, Workers workers) => Run(x, y, new Ending(residual, last), batch, height, width, workers);

    /// <summary>y = ending(activation(conv(x) + bias))</summary>
    /// <inheritdoc cref="Run(float*, float*, float*, Activation, int, int, int, Workers)"/>
    public void Run(float* x, void* y, Ending ending, int batch, int height, int width, Workers workers)
    {
        var (outHeight, outWidth) = _shape.Output(height, width);
        if (batch == 0 || outHeight <= 0 || outWidth <= 0) return;
        if (_product is not null && height * width == 1)
        {
            _product.Run(x, y, ending, batch, workers);
            return;
        }
        if (_shape.IsPointwise) (height, width, outHeight, outWidth) = (1, height * width, 1, height * width); // whole images are one line
        var handle = GCHandle.Alloc(this);
        try
        {
            var job = new Job
            {
                Convolution = GCHandle.ToIntPtr(handle),
                X = x,
                Y = (float*)y,
                Residual = ending.Residual,
                Last = ending.Last,
                Ending = ending,
                Image = new(Channels, height, width, outHeight, outWidth),
                Tiles = _shape.IsPointwise ? new((long)batch * outHeight * outWidth, _level.Lanes) : new((long)batch * outHeight * outWidth, outWidth, _level.Lanes),
            };
            if (job.Tiles.Count * _groups.Length >= Workers.Pieces) workers.For(&WholeTile, (nuint)(job.Tiles.Count * _groups.Length), &job);
            else ByRows(job, workers);
        }
        finally
        {
            handle.Free();
        }
    }

    private static Convolution Of(Job* job) => Unsafe.As<Convolution>(GCHandle.FromIntPtr(job->Convolution).Target!);

    private static void WholeTile(void* state, nuint i)
    {
        var job = (Job*)state;
        var layer = Of(job);
        var (group, tile) = Math.DivRem((int)i, job->Tiles.Count);
        var product = layer._groups[group];
        var width = (long)job->Tiles.Vectors(tile) * layer._level.Lanes;
        var patches = Scratch.Take(0, product.Columns * width);
        var products = Scratch.Take(1, product.RoundedRows * width);
        layer.Fill(job, group, tile, patches, 0, layer.GroupChannels);
        product.Run(patches, products, job->Tiles.Vectors(tile), 0, product.Rows);
        layer.Out(job, group, tile, products, 0, product.Rows);
    }

    /// <summary>One group after the other, each step divided by channels.</summary>
    private void ByRows(Job job, Workers workers)
    {
        var (rows, columns, places) = (_groups[0].RoundedRows, _groups[0].Columns, job.Tiles.Offset(job.Tiles.Count));
        job.Patches = Scratch.Take(0, columns * places);
        job.Products = Scratch.Take(1, rows * places);
        for (job.Group = 0; job.Group < _groups.Length; job.Group++)
        {
            var each = Math.Max(1, Workers.Pieces / job.Tiles.Count);
            job.Pieces = (int)Math.Clamp(columns * places / LeastWork, 1, Math.Min(each, GroupChannels));
            workers.For(&FillPiece, (nuint)(job.Tiles.Count * job.Pieces), &job);
            job.Pieces = (int)Math.Clamp(_groups[job.Group].Nonzero * places / job.Tiles.Count / LeastWork, 1, Math.Min(each, Math.Max(1, rows / Unstructured.Alike)));
            workers.For(&ProductPiece, (nuint)(job.Tiles.Count * job.Pieces), &job);
        }
    }

    private static void FillPiece(void* state, nuint i)
    {
        var job = (Job*)state;
        var layer = Of(job);
        var (tile, piece) = Math.DivRem((int)i, job->Pieces);
        var patches = job->Patches + job->Tiles.Offset(tile) * layer._groups[0].Columns;
        layer.Fill(job, job->Group, tile, patches, layer.GroupChannels * piece / job->Pieces, layer.GroupChannels * (piece + 1) / job->Pieces);
    }

    private static void ProductPiece(void* state, nuint i)
    {
        var job = (Job*)state;
        var layer = Of(job);
        var (tile, piece) = Math.DivRem((int)i, job->Pieces);
        var product = layer._groups[job->Group];
        var blocks = (product.Rows + Unstructured.Alike - 1) / Unstructured.Alike;
        var (from, to) = (blocks * piece / job->Pieces * Unstructured.Alike, Math.Min(product.Rows, blocks * (piece + 1) / job->Pieces * Unstructured.Alike));
        if (from >= to) return;
        var products = job->Products + job->Tiles.Offset(tile) * product.RoundedRows;
        product.Run(job->Patches + job->Tiles.Offset(tile) * product.Columns, products, job->Tiles.Vectors(tile), from, to);
        layer.Out(job, job->Group, tile, products, from, to);
    }

    private void Fill(Job* job, int group, int tile, float* patches, int from, int behind) =>
        _level.Fill(job->X, job->Image, _shape, job->Tiles.First(tile), job->Tiles.Places(tile), job->Tiles.Vectors(tile) * _level.Lanes, patches, group * GroupChannels, from, behind);

    /// <summary>Some channels of a tile, by the places at which they are worked on, to where they belong in the images.</summary>
    private void Out(Job* job, int group, int tile, float* products, int from, int behind)
    {
        var product = _groups[group];
        var inOrder = product.AreNeighbours || behind - from == product.Rows;
        var (first, places, width) = (job->Tiles.First(tile), job->Tiles.Places(tile), job->Tiles.Vectors(tile) * _level.Lanes);
        var pixels = (long)job->Image.OutHeight * job->Image.OutWidth;
        for (var done = 0; done < places;)
        {
            var (picture, pixel) = Math.DivRem(first + done, pixels);
            var run = (int)Math.Min(places - done, pixels - pixel);
            var start = (picture * Outputs + (long)group * product.Rows) * pixels + pixel;
            if (!job->Ending.IsOfFloats) End(job, group, inOrder, products + done, width, from, behind, start, run);
            else if (inOrder) _level.Copy(products + (long)from * width + done, behind - from, run, width, job->Y + start + from * pixels, pixels);
            for (var place = from; job->Ending.IsOfFloats && place < behind && (!inOrder || job->Residual is not null || job->Last.Kind != ActivationKind.None); place++)
            {
                var row = inOrder ? place : product.Row(place);
                var at = start + row * pixels;
                if (!inOrder) _level.Copy(products + (long)row * width + done, 1, run, width, job->Y + at, pixels);
                if (job->Residual is not null) Activations.AddAndApply(job->Last, job->Y + at, job->Residual + at, run);
                else Activations.Apply(job->Last, job->Y + at, run);
            }
            done += run;
        }
    }

    /// <summary>A run of pixels of some channels: what their sums become, to where it belongs.</summary>
    private void End(Job* job, int group, bool inOrder, float* products, int width, int from, int behind, long start, int run)
    {
        var (product, pixels) = (_groups[group], (long)job->Image.OutHeight * job->Image.OutWidth);
        for (var place = from; place < behind; place++)
        {
            var row = inOrder ? place : product.Row(place);
            var (sums, at) = ((nint)(products + (long)row * width), start + row * pixels);
            job->Ending.ApplyToOne((float*)sums, job->Y, at, group * product.Rows + row, run);
            if (job->Ending.IsInPlace) _level.Copy((float*)sums, 1, run, width, job->Y + at, pixels);
        }
    }

    public void Dispose()
    {
        foreach (var group in _groups) group.Dispose();
    }
}
