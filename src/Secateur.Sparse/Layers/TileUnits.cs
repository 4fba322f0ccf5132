using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>Units of a tile of output pixels, counted through all images: each line of a patch is laid down for each place of the kernel.</summary>
internal sealed unsafe class TileUnits(Images images, ConvolutionShape shape, PatchLines lines, Level level, Ending ending) : PixelUnits(images, level, ending)
{
    private const int Crowded = 128; // floats: channels that are a multiple of eight cache lines apart meet in few places of the first cache

    private readonly Tiles _tiles = shape.IsPointwise ? new(images.Batch * images.Pixels, level) : new(images.Batch * images.Pixels, images.Size.OutWidth, level);

    public override int Count => _tiles.Count;
    public override int MostVectors => Level.MostVectors;
    public override int MostLineStride => MostVectors * Level.Lanes;
    public override int Vectors(int unit) => _tiles.Vectors(unit);
    public override int LineStride(int unit) => _tiles.Vectors(unit) * Level.Lanes;

    public override Panel Source(int unit, int group) => shape.IsPointwise && IsWhole(unit, out var image, out var pixel) && Images.Pixels % Level.Lanes == 0 && Images.Pixels % Crowded != 0
        ? new(Images.X + (image * Images.Size.Channels + group) * Images.Pixels + pixel, Images.Pixels)
        : default;

    public override Panel Target(int unit, Product product, int group) => IsInPlace && shape.IsPointwise && IsWhole(unit, out var image, out var pixel) && product.Many.FillsGroups
        ? new((float*)Images.Y + (image * Images.Outputs + group) * Images.Pixels + pixel, Images.Pixels)
        : default;

    /// <summary>Whether all places are there, in one image.</summary>
    private bool IsWhole(int unit, out long image, out long pixel)
    {
        (image, pixel) = Math.DivRem(_tiles.First(unit), Images.Pixels);
        return _tiles.Places(unit) == LineStride(unit) && pixel + LineStride(unit) <= Images.Pixels;
    }

    public override void Fill(int unit, float* patches, int group, int from, int behind) =>
        Level.Fill(Images.X, Images.Size, shape, lines, _tiles.First(unit), _tiles.Places(unit), LineStride(unit), patches, group, from, behind);

    public override void Out(int unit, Panel products, Product product, int group, int from, int behind)
    {
        var inOrder = product.Many.AreNeighbours || behind - from == product.Rows;
        var (first, places) = (_tiles.First(unit), _tiles.Places(unit));
        for (var done = 0; done < places;)
        {
            var (picture, pixel) = Math.DivRem(first + done, Images.Pixels);
            var run = (int)Math.Min(places - done, Images.Pixels - pixel);
            var start = (picture * Images.Outputs + group) * Images.Pixels + pixel;
            if (inOrder) PutSome(from, behind - from);
            else
                for (var place = from; place < behind; place++) PutSome(product.Many.Row(place), 1);
            done += run;

            void PutSome(int row, int rows) => Put(products.Start + row * products.Stride + done, products.Stride, start + row * Images.Pixels, group + row, rows, run);
        }
    }
}
