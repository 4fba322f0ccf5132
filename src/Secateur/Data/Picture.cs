using System.Collections.Immutable;
using SkiaSharp;

namespace Secateur.Data;

/// <summary>A picture file and what its header says.</summary>
/// <param name="Grey">Whether it has one channel.</param>
internal sealed record Picture(string File, int Height, int Width, bool Grey)
{
    /// <summary>Extensions that are read.</summary>
    public static ImmutableArray<string> Extensions { get; } = [".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif"];

    public static bool Is(string file) => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    /// <exception cref="SecateurException">It is no picture; the message names the file.</exception>
    public static Picture Look(string file)
    {
        using var codec = SKCodec.Create(file) ?? throw Unreadable(file);
        return new Picture(file, codec.Info.Height, codec.Info.Width, codec.Info.ColorType == SKColorType.Gray8);
    }

    /// <summary>Decodes; of animations the first frame, transparency is dropped.</summary>
    /// <param name="place">What is wanted of it.</param>
    /// <param name="order"><c>bgr</c> puts blue first.</param>
    /// <param name="channels">1 or 3.</param>
    /// <returns>[channels, rows, columns] of the place, without its padding.</returns>
    /// <exception cref="SecateurException">The file is truncated or damaged; the message names it.</exception>
    public byte[] Decode(Placement place, string? order, int channels)
    {
        var (rows, columns, grey) = (place.Rows, place.Columns, channels == 1);
        var plane = rows * columns;
        var chw = new byte[channels * plane];
        using var codec = SKCodec.Create(File) ?? throw Unreadable(File);
        // what is colour on disk is decoded as such, and made grey by the weights of its channels
        var colour = !grey || !Grey;
        using var bitmap = new SKBitmap(new SKImageInfo(Width, Height, colour ? SKColorType.Rgba8888 : SKColorType.Gray8, colour ? SKAlphaType.Unpremul : SKAlphaType.Opaque));
        if (codec.GetPixels(bitmap.Info, bitmap.GetPixels()) != SKCodecResult.Success) throw Unreadable(File);
        using var resized = (place.Height, place.Width) == (Height, Width) ? null
            : bitmap.Resize(bitmap.Info.WithSize(place.Width, place.Height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        var sized = resized ?? bitmap;
        var pixels = sized.GetPixelSpan();
        var (red, blue) = order == "bgr" ? (2 * plane, 0) : (0, 2 * plane);
        for (var row = 0; row < rows; row++)
        {
            var line = pixels[((row + place.Top) * sized.RowBytes)..];
            for (var column = 0; column < columns; column++)
            {
                var (at, from) = ((row * columns) + column, (column + place.Left) * (colour ? 4 : 1));
                if (!colour) chw[at] = line[from];
                else if (grey) chw[at] = (byte)Math.Round(0.299 * line[from] + 0.587 * line[from + 1] + 0.114 * line[from + 2]); // ITU-R BT.601
                else (chw[red + at], chw[plane + at], chw[blue + at]) = (line[from], line[from + 1], line[from + 2]);
            }
        }
        return chw;
    }

    private static SecateurException Unreadable(string file) =>
        new($"{file}: cannot be decoded as a picture, it is truncated, damaged or of another format; replace it or remove it");
}
