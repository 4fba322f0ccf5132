using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>Units of some whole rows of output pixels, each row filled up to whole vectors: the kernel's rows share the lines of a patch, which are laid down once for each column of the kernel.</summary>
internal sealed unsafe class BandUnits : PixelUnits
{
    private const int Ahead = 2; // outputs whose place in y is asked for
    private const double LeastFilled = 0.8; // of a row's vectors
    private const int SecondCache = 3 << 18; // bytes of it for a band

    private readonly ConvolutionShape _shape;
    private readonly PatchLines _lines;
    private readonly int _pitch; // floats of a row
    private readonly int _rows, _bands; // of a band at most; of an image

    /// <param name="images">What is read and written.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="lines">Of its patches.</param>
    /// <param name="channels">Of a group.</param>
    /// <param name="level">The instructions.</param>
    /// <param name="ending">What is done to the sums.</param>
    public BandUnits(Images images, ConvolutionShape shape, PatchLines lines, int channels, Level level, Ending ending) : base(images, level, ending)
    {
        (_shape, _lines, _pitch) = (shape, lines, Pitch(images.Size.OutWidth, level));
        var line = (long)channels * lines.EachChannel / lines.Depth * _pitch * sizeof(float);
        var most = (int)Math.Clamp(SecondCache / line - (lines.Depth - PatchLines.MostRows), 1, PatchLines.MostRows);
        _bands = (images.Size.OutHeight + most - 1) / most;
        _rows = (images.Size.OutHeight + _bands - 1) / _bands;
    }

    /// <summary>Whether a convolution is better cut so: its kernel has several rows, and rows of pixels nearly fill vectors.</summary>
    public static bool Suit(ConvolutionShape shape, int outWidth, Level level) => shape.KernelHeight > 1 && outWidth >= LeastFilled * Pitch(outWidth, level);

    public override int Count => Images.Batch * _bands;
    public override int MostVectors => _rows * _pitch / Level.Lanes;
    public override int Vectors(int unit) => Place(unit).Rows * _pitch / Level.Lanes;
    public override int LineStride(int unit) => _pitch;
    public override int MostLineStride => _pitch;

    public override void Fill(int unit, float* patches, int group, int from, int behind)
    {
        var (image, first, rows) = Place(unit);
        var size = Images.Size;
        var scratch = Scratch.Take(2, Bands.Scratch(size, _shape, _lines, rows, _pitch, Level.Lanes));
        Level.FillBand(Images.X + (long)image * size.Channels * size.Height * size.Width, size, _shape, _lines, first, rows, _pitch, patches, group, from, behind, scratch);
    }

    public override void Out(int unit, Panel products, Product product, int group, int from, int behind)
    {
        var (image, first, rows) = Place(unit);
        var width = Images.Size.OutWidth;
        var start = ((long)image * Images.Outputs + group) * Images.Pixels + (long)first * width;
        for (var place = from; place < behind; place++)
        {
            if (place + Ahead < behind) Level.Prefetch((float*)Images.Y + start + product.Many.Row(place + Ahead) * Images.Pixels, rows * width);
            var row = product.Many.Row(place);
            PutRows(products.Start + row * products.Stride, _pitch, start + row * Images.Pixels, group + row, rows, width);
        }
    }

    /// <summary>The image of a unit, its first row and how many they are.</summary>
    private (int Image, int First, int Rows) Place(int unit)
    {
        var (image, band) = Math.DivRem(unit, _bands);
        return (image, band * _rows, Math.Min(_rows, Images.Size.OutHeight - band * _rows));
    }

    /// <summary>Floats of a row with what is missing to whole vectors.</summary>
    public static int Pitch(int width, Level level) => (width + level.Lanes - 1) / level.Lanes * level.Lanes;
}
