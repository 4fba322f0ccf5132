using Secateur.Data;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>An example as a person sees it.</summary>
internal static class Picture
{
    /// <summary>PNG bytes of the first feature that is a picture, [1 or 3, height, width] in [0, 1]; null where there is none.</summary>
    public static byte[]? Of(Examples examples, long index)
    {
        using var scope = NewDisposeScope();
        var pictures = examples.Features.Where(feature => feature.Shape is [1 or 3, >= 2, >= 2] && is_floating_point(feature.Type)).ToArray();
        if (pictures.Length == 0) return null;
        var pixels = examples.Read([index])[pictures[0].Name][0].to_type(ScalarType.Float32); // [1 or 3, height, width]
        if (pixels.lt(0).any().item<bool>() || pixels.gt(1).any().item<bool>()) return null;
        var (height, width) = ((int)pixels.shape[1], (int)pixels.shape[2]);
        var bytes = (pixels.expand(3, height, width) * 255).round().to_type(ScalarType.Byte).permute(1, 2, 0).contiguous().bytes; // [height, width, 3]
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgb888x, SKAlphaType.Opaque);
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
            {
                var at = 3 * ((row * width) + column);
                bitmap.SetPixel(column, row, new SKColor(bytes[at], bytes[at + 1], bytes[at + 2]));
            }
        }
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        return png.ToArray();
    }
}
