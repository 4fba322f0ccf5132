using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>Units of up to four vectors of output pixels, counted through all images: each line of a patch is laid down for each place of the kernel.</summary>
internal sealed unsafe class TileUnits(Images images, ConvolutionShape shape, PatchLines lines, Level level, Activation last) : PixelUnits(images, level, last)
{
    private readonly Tiles _tiles = shape.IsPointwise ? new(images.Batch * images.Pixels, level.Lanes) : new(images.Batch * images.Pixels, images.Size.OutWidth, level.Lanes);

    public override int Count => _tiles.Count;
    public override int MostVectors => Unstructured.MostVectors;
    public override int MostLineStride => MostVectors * Level.Lanes;
    public override int Vectors(int unit) => _tiles.Vectors(unit);
    public override int LineStride(int unit) => _tiles.Vectors(unit) * Level.Lanes;

    public override void Fill(int unit, float* patches, int group, int from, int behind) =>
        Level.Fill(Images.X, Images.Size, shape, lines, _tiles.First(unit), _tiles.Places(unit), LineStride(unit), patches, group, from, behind);

    public override void Out(int unit, float* products, Product product, int group, int from, int behind)
    {
        var inOrder = product.AreNeighbours || behind - from == product.Rows;
        var (first, places, width) = (_tiles.First(unit), _tiles.Places(unit), LineStride(unit));
        for (var done = 0; done < places;)
        {
            var (picture, pixel) = Math.DivRem(first + done, Images.Pixels);
            var run = (int)Math.Min(places - done, Images.Pixels - pixel);
            var start = (picture * Images.Outputs + group) * Images.Pixels + pixel;
            if (inOrder) Level.Copy(products + (long)from * width + done, behind - from, run, width, Images.Y + start + from * Images.Pixels, Images.Pixels);
            for (var place = from; place < behind && !(inOrder && IsFinished); place++)
            {
                var row = inOrder ? place : product.Row(place);
                var at = start + row * Images.Pixels;
                if (!inOrder) Level.Copy(products + (long)row * width + done, 1, run, width, Images.Y + at, Images.Pixels);
                Finish(at, run);
            }
            done += run;
        }
    }
}
