using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>Units of some whole rows of output pixels, each row filled up to whole vectors: the kernel's rows share the lines of a patch, which are laid down once for each column of the kernel.</summary>
/// <remarks>Where rows are so short that two or four fit a vector, as many bands lie side by side, each in a part of all vectors: those of an image, or of several.</remarks>
internal sealed unsafe class BandUnits : PixelUnits
{
    private const int Ahead = 2; // outputs whose place in y is asked for
    private const double LeastFilled = 0.8; // of a row's vectors
    private const int LeastWidth = 4; // floats of a row
    private const int SecondCache = 1 << 20; // bytes of it for a band
    private const double Tile = 1; // what one costs beside its vectors, in vectors
    private const double Laid = 0.25; // what laying down a vector of a plane costs, in such that are multiplied

    private readonly ConvolutionShape _shape;
    private readonly PatchLines _lines;
    private readonly int _pitch, _width; // floats of a line, and of a row in it
    private readonly int _sides; // bands beside each other
    private readonly int _rows, _bands; // of a band at most; of an image

    /// <param name="images">What is read and written.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="lines">Of its patches.</param>
    /// <param name="channels">Of a group.</param>
    /// <param name="level">The instructions.</param>
    /// <param name="ending">What is done to the sums.</param>
    public BandUnits(Images images, ConvolutionShape shape, PatchLines lines, int channels, Level level, Ending ending) : base(images, level, ending)
    {
        (_shape, _lines, _width, _pitch) = (shape, lines, Width(images.Size.OutWidth, level), Pitch(images.Size.OutWidth, level));
        _sides = _pitch / _width;
        var line = (long)channels * lines.EachChannel / lines.Depth * _pitch * sizeof(float);
        var most = _sides > 1 ? PatchLines.MostRows : (int)Math.Clamp(SecondCache / line - (lines.Depth - PatchLines.MostRows), 1, PatchLines.MostRows); // a tile of pixels would take no less
        var height = images.Size.OutHeight;
        var least = double.PositiveInfinity;
        for (var rows = Math.Min(most, height); rows > 0; rows--) // of each run: without objects
            if (Cost(rows) is var cost && cost < least) (_rows, least) = (rows, cost);
        _bands = (height + _rows - 1) / _rows;

        double Cost(int rows)
        {
            var (row, behind, bands) = (_pitch / level.Lanes, lines.Depth - PatchLines.MostRows, (height + rows - 1) / rows);
            return (images.Batch * bands + _sides - 1) / _sides * (rows * row + Tile * ((rows * row + level.MostVectors - 1) / level.MostVectors) + Laid * (rows + behind) * row);
        }
    }

    /// <summary>Whether the kernel's rows share any lines.</summary>
    public bool AreShared => _sides == 1 || _rows > 1;

    /// <summary>Whether a convolution is better cut so: its kernel has several rows, and rows of pixels nearly fill vectors, or their parts.</summary>
    public static bool Suit(ConvolutionShape shape, int outWidth, Level level) =>
        shape.KernelHeight > 1 && Width(outWidth, level) is var width && outWidth >= LeastFilled * width && (width >= level.Lanes || shape.StrideWidth <= 2);

    /// <summary>Whether a tile of a band is of several rows, which share lines.</summary>
    public static bool ShareLines(ConvolutionShape shape, int outWidth, Level level) => Suit(shape, outWidth, level) && Pitch(outWidth, level) < level.MostVectors * level.Lanes;

    public override int Count => (Images.Batch * _bands + _sides - 1) / _sides;
    public override int MostVectors => _rows * _pitch / Level.Lanes;
    public override int Vectors(int unit) => (_sides > 1 ? _rows : Place(unit).Rows) * _pitch / Level.Lanes;
    public override int LineStride(int unit) => _pitch;
    public override int MostLineStride => _pitch;

    public override void Fill(int unit, float* patches, int group, int from, int behind)
    {
        var size = Images.Size;
        var scratch = Scratch.Take(2, Bands.Scratch(size, _shape, _lines, _rows, _width, Level.Lanes));
        for (var band = unit * _sides; band < Behind(unit); band++)
        {
            var (image, first, rows) = Place(band);
            Level.FillBand(Images.X + (long)image * size.Channels * size.Height * size.Width, size, _shape, _lines, first, rows, _width, _pitch, patches + band % _sides * _width, group, from, behind, scratch);
        }
    }

    public override void Out(int unit, Panel products, Product product, int group, int from, int behind)
    {
        var width = Images.Size.OutWidth;
        for (var band = unit * _sides; band < Behind(unit); band++)
        {
            var (image, first, rows) = Place(band);
            var start = ((long)image * Images.Outputs + group) * Images.Pixels + (long)first * width;
            var sums = products.Start + band % _sides * _width;
            for (var place = from; place < behind; place++)
            {
                if (place + Ahead < behind) Level.Prefetch((float*)Images.Y + start + product.Many.Row(place + Ahead) * Images.Pixels, rows * width);
                var row = product.Many.Row(place);
                PutRows(sums + row * products.Stride, _pitch, start + row * Images.Pixels, group + row, rows, width);
            }
        }
    }

    /// <summary>Behind the last band of a unit.</summary>
    private int Behind(int unit) => Math.Min((unit + 1) * _sides, Images.Batch * _bands);

    /// <summary>The image of a band, its first row and how many they are.</summary>
    private (int Image, int First, int Rows) Place(int band)
    {
        var (image, part) = Math.DivRem(band, _bands);
        return (image, part * _rows, Math.Min(_rows, Images.Size.OutHeight - part * _rows));
    }

    /// <summary>Floats of a row with what is missing to its part of a vector, or to whole vectors.</summary>
    public static int Width(int outWidth, Level level)
    {
        var width = Pitch(outWidth, level);
        while (width / 2 >= Math.Max(outWidth, LeastWidth)) width /= 2;
        return width;
    }

    /// <summary>Floats of a row with what is missing to whole vectors.</summary>
    private static int Pitch(int width, Level level) => (width + level.Lanes - 1) / level.Lanes * level.Lanes;
}
