namespace Secateur.Data;

/// <summary>Where the pixels of one picture go.</summary>
/// <param name="Height">The whole picture is resized to so many rows,</param>
/// <param name="Width">and columns.</param>
/// <param name="Top">Of what is cut out of it.</param>
/// <param name="Left">As <paramref name="Top"/>.</param>
/// <param name="Rows">Of what is cut out.</param>
/// <param name="Columns">As <paramref name="Rows"/>.</param>
/// <param name="OutHeight">Of the tensor, at least <paramref name="Rows"/>; what is over, below and to the right, is padding.</param>
/// <param name="OutWidth">As <paramref name="OutHeight"/>.</param>
internal readonly record struct Placement(int Height, int Width, int Top, int Left, int Rows, int Columns, int OutHeight, int OutWidth)
{
    /// <summary>The whole picture, filling the tensor.</summary>
    public static Placement Whole(int height, int width) => new(height, width, 0, 0, height, width, height, width);

    /// <summary>Its middle, or where it is smaller all of it, with padding.</summary>
    public Placement Cropped(int height, int width)
    {
        var (rows, columns) = (Math.Min(Height, height), Math.Min(Width, width));
        return new(Height, Width, (Height - rows) / 2, (Width - columns) / 2, rows, columns, height, width);
    }

    /// <summary>With padding up to a size.</summary>
    public Placement Padded(int height, int width) => this with { OutHeight = height, OutWidth = width };
}
