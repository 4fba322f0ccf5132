using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>A convolution's images: x [batch, channels, height, width], y [batch, outputs, out height, out width], and the residual, like y or null.</summary>
internal readonly unsafe struct Images(float* x, float* y, float* residual, int batch, ImageSize size, int outputs)
{
    public float* X => x;
    public float* Y => y;
    public float* Residual => residual;
    public int Batch => batch;
    public ImageSize Size => size;
    public int Outputs => outputs;
    public long Pixels => (long)size.OutHeight * size.OutWidth;
}

/// <summary>The output pixels of a batch cut into units of work: for each the pixels that the kernel meets are laid side by side, multiplied by the weights, and what comes of it is put where it belongs.</summary>
/// <param name="images">What is read and written.</param>
/// <param name="level">The instructions.</param>
/// <param name="last">Activation of the sum with the residual.</param>
internal abstract unsafe class PixelUnits(Images images, Level level, Activation last)
{
    protected Images Images => images;
    protected Level Level => level;

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

    /// <summary>Adds the residual to stretches of some outputs, one below the other, and applies the last activation.</summary>
    /// <param name="at">The first one in y, in floats.</param>
    /// <param name="outputs">How many.</param>
    /// <param name="count">Floats of each.</param>
    protected void Finish(long at, int outputs, int count)
    {
        if (images.Residual is not null || last.Kind != ActivationKind.None) Activations.AddAndApply(last, images.Y + at, images.Residual is null ? null : images.Residual + at, outputs, count, images.Pixels);
    }
}
