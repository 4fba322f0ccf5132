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
    /// <param name="chw">[1 or 3, height, width]: its length says how many channels.</param>
    /// <param name="height">Another than the file's stretches the picture.</param>
    /// <param name="width">As <paramref name="height"/>.</param>
    /// <exception cref="SecateurException">The file is truncated or damaged; the message names it.</exception>
    public void Decode(Span<byte> chw, int height, int width)
    {
        var plane = height * width;
        var grey = chw.Length == plane;
        using var codec = SKCodec.Create(File) ?? throw Unreadable(File);
        using var bitmap = new SKBitmap(new SKImageInfo(Width, Height, grey ? SKColorType.Gray8 : SKColorType.Rgba8888, grey ? SKAlphaType.Opaque : SKAlphaType.Unpremul));
        if (codec.GetPixels(bitmap.Info, bitmap.GetPixels()) != SKCodecResult.Success) throw Unreadable(File);
        using var resized = (height, width) == (Height, Width) ? null
            : bitmap.Resize(bitmap.Info.WithSize(width, height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        var sized = resized ?? bitmap;
        var pixels = sized.GetPixelSpan();
        for (var row = 0; row < height; row++)
        {
            var line = pixels[(row * sized.RowBytes)..];
            if (grey) line[..width].CopyTo(chw[(row * width)..]);
            else
            {
                for (var x = 0; x < width; x++)
                {
                    var at = (row * width) + x;
                    (chw[at], chw[plane + at], chw[(2 * plane) + at]) = (line[4 * x], line[(4 * x) + 1], line[(4 * x) + 2]);
                }
            }
        }
    }

    private static SecateurException Unreadable(string file) =>
        new($"{file}: cannot be decoded as a picture, it is truncated, damaged or of another format; replace it or remove it");
}
