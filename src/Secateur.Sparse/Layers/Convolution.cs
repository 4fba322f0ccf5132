using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>A convolution with constant, mostly zero weights, of one or two dimensions: the product of its weights with the patches of some output pixels after the other.</summary>
/// <remarks>The output pixels are cut into <see cref="BandUnits"/> where these suit it, else into <see cref="TileUnits"/>.</remarks>
internal sealed unsafe class Convolution : IDisposable
{
    private const long LeastWork = 1 << 17; // multiply-adds of a piece

    private readonly ImmutableArray<Product> _groups;
    private readonly ConvolutionShape _shape;
    private readonly Level _level;
    private readonly PatchLines _lines;
    private readonly Chain? _product; // what it is on images of one pixel

    /// <summary>One call's.</summary>
    private sealed class Job(Convolution layer, PixelUnits units)
    {
        public Convolution Layer => layer;
        public PixelUnits Units => units;
        public float* Patches, Products;
        public int Group, Pieces;
    }

    /// <param name="groups">For each group [its outputs, its inputs · kernel height · kernel width], all alike; they belong to the convolution from here on.</param>
    /// <param name="bias">[outputs]; none where empty.</param>
    /// <param name="shape">Strides, pads and so on.</param>
    /// <param name="activation">Of the outputs.</param>
    /// <param name="level">The instructions; the best ones unless told.</param>
    /// <param name="outWidth">Of the images that it makes, where that is known; else 0.</param>
    public Convolution(ReadOnlySpan<Compact> groups, ReadOnlySpan<float> bias, ConvolutionShape shape, Activation activation, Level? level = null, int outWidth = 0)
    {
        (_shape, _level) = (shape, level ?? Level.Best);
        var products = ImmutableArray.CreateBuilder<Product>(groups.Length);
        _lines = new(shape);
        var lines = _lines.EachChannel == 1 ? null : _lines.OfColumns(groups[0].Columns / (shape.KernelHeight * shape.KernelWidth), outWidth > 0 && BandUnits.ShareLines(shape, outWidth, _level));
        foreach (var weights in groups) products.Add(new(weights, bias.IsEmpty ? default : bias.Slice(products.Count * weights.Rows, weights.Rows), activation, _level, lines: lines));
        _groups = products.MoveToImmutable();
        if (shape.IsPointwise && groups.Length == 1) _product = new(_groups);
    }

    /// <summary>Packs the weights for images of more than one pixel, which would be done when they first come.</summary>
    public void Prepare()
    {
        foreach (var group in _groups) _ = group.Many;
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
    /// <param name="x">[batch, channels, height, width]</param>
    /// <param name="y">[batch, outputs, out height, out width], of floats or what else the ending makes.</param>
    /// <param name="ending">Of the sums.</param>
    /// <param name="batch">Images; may be none.</param>
    /// <param name="height">Of an image.</param>
    /// <param name="width">Likewise.</param>
    /// <param name="workers">Who does it.</param>
    public void Run(float* x, void* y, Ending ending, int batch, int height, int width, Workers workers)
    {
        var (outHeight, outWidth) = _shape.Output(height, width);
        if (batch == 0 || outHeight <= 0 || outWidth <= 0) return;
        if (_product is not null && height * width == 1)
        {
            _product.Run(x, y, ending, batch, workers);
            return;
        }
        Prepare(); // here, not on a thread of the runtime's
        if (_shape.IsPointwise) (height, width, outHeight, outWidth) = (1, height * width, 1, height * width); // whole images are one line
        var images = new Images(x, y, batch, new(Channels, height, width, outHeight, outWidth), Outputs);
        var bands = BandUnits.Suit(_shape, outWidth, _level) ? new BandUnits(images, _shape, _lines, GroupChannels, _level, ending) : null;
        var job = new Job(this, bands is { AreShared: true } ? bands : new TileUnits(images, _shape, _lines, _level, ending));
        var handle = GCHandle.Alloc(job);
        try
        {
            if (job.Units.Count * _groups.Length >= Workers.Pieces) workers.For(&WholeUnit, (nuint)(job.Units.Count * _groups.Length), (void*)GCHandle.ToIntPtr(handle));
            else ByRows(job, workers, (void*)GCHandle.ToIntPtr(handle));
        }
        finally
        {
            handle.Free();
        }
    }

    private static Job Of(void* state) => Unsafe.As<Job>(GCHandle.FromIntPtr((nint)state).Target!);

    private static void WholeUnit(void* state, nuint i)
    {
        var job = Of(state);
        var layer = job.Layer;
        var (group, unit) = Math.DivRem((int)i, job.Units.Count);
        var product = layer._groups[group];
        var x = job.Units.Source(unit, group * layer.GroupChannels);
        if (x.IsNowhere)
        {
            x = new(Scratch.Take(0, layer.PatchFloats(job.Units)), job.Units.LineStride(unit));
            job.Units.Fill(unit, x.Start, group * layer.GroupChannels, 0, layer.GroupChannels);
        }
        layer.Multiply(job.Units, unit, group, x, Scratch.Take(1, layer.ProductFloats(job.Units)), 0, product.Rows);
    }

    /// <summary>One group after the other, each step divided by channels.</summary>
    private void ByRows(Job job, Workers workers, void* state)
    {
        var units = job.Units;
        job.Patches = Scratch.Take(0, PatchFloats(units) * units.Count);
        job.Products = Scratch.Take(1, ProductFloats(units) * units.Count);
        var each = Math.Max(1, Workers.Pieces / units.Count);
        var places = (long)units.MostVectors * _level.Lanes; // of a unit
        for (job.Group = 0; job.Group < _groups.Length; job.Group++)
        {
            job.Pieces = (int)Math.Clamp(_groups[0].Columns * places * units.Count / LeastWork, 1, Math.Min(each, GroupChannels));
            workers.For(&FillPiece, (nuint)(units.Count * job.Pieces), state);
            job.Pieces = (int)Math.Clamp(_groups[job.Group].Nonzero * places / LeastWork, 1, Math.Min(each, Math.Max(1, _groups[0].RoundedRows / _groups[0].Alike)));
            workers.For(&ProductPiece, (nuint)(units.Count * job.Pieces), state);
        }
    }

    private static void FillPiece(void* state, nuint i)
    {
        var job = Of(state);
        var (unit, piece) = Math.DivRem((int)i, job.Pieces);
        var channels = job.Layer.GroupChannels;
        if (!job.Units.Source(unit, job.Group * channels).IsNowhere) return;
        job.Units.Fill(unit, job.Patches + unit * job.Layer.PatchFloats(job.Units), job.Group * channels, channels * piece / job.Pieces, channels * (piece + 1) / job.Pieces);
    }

    private static void ProductPiece(void* state, nuint i)
    {
        var job = Of(state);
        var layer = job.Layer;
        var (unit, piece) = Math.DivRem((int)i, job.Pieces);
        var (from, to) = layer._groups[job.Group].Part(piece, job.Pieces);
        if (from >= to) return;
        var x = job.Units.Source(unit, job.Group * layer.GroupChannels);
        if (x.IsNowhere) x = new(job.Patches + unit * layer.PatchFloats(job.Units), job.Units.LineStride(unit));
        layer.Multiply(job.Units, unit, job.Group, x, job.Products + unit * layer.ProductFloats(job.Units), from, to);
    }

    /// <summary>Some outputs of a unit, as many vectors of places at a time as the kernels take.</summary>
    private void Multiply(PixelUnits units, int unit, int group, Panel x, float* products, int from, int to)
    {
        var product = _groups[group];
        var y = units.Target(unit, product, group * product.Rows);
        if (y.IsNowhere) y = new(products, units.Vectors(unit) * _level.Lanes);
        var tiles = new Tiles(units.Vectors(unit) * _level.Lanes, _level);
        for (var tile = 0; tile < tiles.Count; tile++)
            product.Run(x.Start + tiles.First(tile), x.Stride, y.Start + tiles.First(tile), y.Stride, tiles.Vectors(tile), from, to);
        units.Out(unit, y, product, group * product.Rows, from, to);
    }

    /// <summary>Room for a unit's patches.</summary>
    private long PatchFloats(PixelUnits units) => (long)GroupChannels * _lines.EachChannel * units.MostLineStride;

    /// <summary>Room for what comes of them.</summary>
    private long ProductFloats(PixelUnits units) => (long)_groups[0].RoundedRows * units.MostVectors * _level.Lanes;

    public void Dispose()
    {
        foreach (var group in _groups) group.Dispose();
    }
}
