using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>A convolution's images: x [batch, channels, height, width] and y [batch, outputs, out height, out width], of floats or what else is made of the sums.</summary>
internal readonly unsafe struct Images(float* x, void* y, int batch, ImageSize size, int outputs)
{
    public float* X => x;
    public void* Y => y;
    public int Batch => batch;
    public ImageSize Size => size;
    public int Outputs => outputs;
    public long Pixels => (long)size.OutHeight * size.OutWidth;
}

/// <summary>The output pixels of a batch cut into units of work: for each the pixels that the kernel meets are laid side by side, multiplied by the weights, and what comes of it is put where it belongs.</summary>
/// <param name="images">What is read and written.</param>
/// <param name="level">The instructions.</param>
/// <param name="ending">What is done to the sums.</param>
internal abstract unsafe class PixelUnits(Images images, Level level, Ending ending)
{
    protected Images Images => images;
    protected Level Level => level;

    /// <summary>Whether sums may be written where the output lies, and become there what they become.</summary>
    protected bool IsInPlace => ending.IsInPlace;

    public abstract int Count { get; }

    /// <summary>Vectors of places of a unit.</summary>
    public abstract int Vectors(int unit);

    /// <summary>The same of the largest one.</summary>
    public abstract int MostVectors { get; }

    /// <summary>Floats of a line of a unit's patches.</summary>
    public abstract int LineStride(int unit);

    /// <summary>The same of the largest one.</summary>
    public abstract int MostLineStride { get; }

    /// <summary>Where in x a unit's lines lie side by side as they are; nowhere, mostly.</summary>
    /// <param name="unit">Which.</param>
    /// <param name="group">The group's first channel.</param>
    public virtual Panel Source(int unit, int group) => default;

    /// <summary>Where in y a unit's outputs may be written at once.</summary>
    /// <param name="unit">Which.</param>
    /// <param name="product">Of the group.</param>
    /// <param name="group">The group's first output.</param>
    public virtual Panel Target(int unit, Product product, int group) => default;

    /// <summary>Lays down some channels' pixels.</summary>
    /// <param name="unit">Which.</param>
    /// <param name="patches">Of the unit, from the group's first channel.</param>
    /// <param name="group">The group's first channel.</param>
    /// <param name="from">The first channel, in the group.</param>
    /// <param name="behind">Behind the last.</param>
    public abstract void Fill(int unit, float* patches, int group, int from, int behind);

    /// <summary>Puts some outputs where they belong, if they are not there, and finishes them.</summary>
    /// <param name="unit">Which.</param>
    /// <param name="products">Of the unit: [outputs of the group, vectors · lanes]; maybe the target.</param>
    /// <param name="product">Of the group.</param>
    /// <param name="group">The group's first output.</param>
    /// <param name="from">The first place at which an output was worked on.</param>
    /// <param name="behind">Behind the last.</param>
    public abstract void Out(int unit, Panel products, Product product, int group, int from, int behind);

    /// <summary>Puts stretches of some outputs, one below the other, where they belong, if they are not there, and finishes them.</summary>
    /// <param name="sums">The first one.</param>
    /// <param name="stride">From one to the next.</param>
    /// <param name="at">Where the first one belongs in y, in elements.</param>
    /// <param name="output">Which one it is.</param>
    /// <param name="outputs">How many.</param>
    /// <param name="count">Pixels of each.</param>
    protected void Put(float* sums, long stride, long at, int output, int outputs, int count)
    {
        var isThere = IsInPlace && sums == (float*)images.Y + at;
        if (ending.IsOfFloats)
        {
            if (!isThere) level.Copy(sums, outputs, count, stride, (float*)images.Y + at, images.Pixels);
            ending.Finish((float*)images.Y, at, outputs, count, images.Pixels);
            return;
        }
        for (var i = 0; i < outputs; i++, sums += stride, at += images.Pixels)
        {
            ending.ApplyToOne(sums, images.Y, at, output + i, count);
            if (IsInPlace && !isThere) level.Copy(sums, 1, count, count, (float*)images.Y + at, count);
        }
    }

    /// <summary>Puts some whole rows of pixels of one output where they belong, and finishes them.</summary>
    /// <param name="sums">The first row.</param>
    /// <param name="pitch">From one to the next.</param>
    /// <param name="at">Where the first one belongs in y, in elements.</param>
    /// <param name="output">Which one it is.</param>
    /// <param name="rows">How many.</param>
    /// <param name="width">Pixels of each.</param>
    protected void PutRows(float* sums, int pitch, long at, int output, int rows, int width)
    {
        if (ending.IsOfFloats)
        {
            level.Copy(sums, rows, width, pitch, (float*)images.Y + at, width);
            ending.Finish((float*)images.Y, at, 1, rows * width, images.Pixels);
        }
        else
            for (var row = 0; row < rows; row++) Put(sums + row * pitch, 0, at + row * width, output, 1, width);
    }
}
