using System.Globalization;
using System.Text.RegularExpressions;
using SkiaSharp;

namespace Secateur.Bench;

/// <summary>Pictures of text as a scanner or a screen gives them: words of this project's own guides in the fonts of the machine. Each picture's text is in a file beside the folder.</summary>
internal static class TextImages
{
    private static readonly string[] FontFolders = ["/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/truetype/liberation", "/usr/share/fonts/truetype/liberation2", "/usr/share/fonts/truetype/freefont", "out/data/fonts"];

    public static void Run(Settings settings)
    {
        var folder = settings.Text("folder", "out/data/lines");
        var (count, pages) = (settings.Int("count", 600), settings.Text("kind", "lines") == "pages");
        var fonts = FontFolders.Where(Directory.Exists).SelectMany(path => Directory.GetFiles(path, "*.ttf", SearchOption.AllDirectories))
            .Where(path => !Regex.IsMatch(path, "Emoji|Math|Symbol")).Order(StringComparer.Ordinal).Select(path => SKTypeface.FromFile(path)).ToArray();
        if (fonts.Length == 0) throw new SecateurException("no TrueType font is here; apt-get install fonts-dejavu-core fonts-liberation, or put .ttf files into out/data/fonts");
        var words = Words();
        Directory.CreateDirectory(folder);
        List<string> texts = [];
        for (var number = 0; number < count; number++)
        {
            var random = Seeds.Random(settings.Int("seed", 1), pages ? "page" : "line", number);
            var text = pages ? "" : Text(random, words, 4);
            using var picture = pages ? Page(random, fonts, words) : Line(random, fonts, text);
            using var data = picture.Encode(SKEncodedImageFormat.Png, 100);
            var name = $"{number:00000}.png";
            File.WriteAllBytes(Path.Combine(folder, name), data.ToArray());
            texts.Add($"{name}\t{text}");
        }
        if (!pages) File.WriteAllLines(folder.TrimEnd('/') + ".txt", texts);
    }

    private static string[] Words() => [.. Directory.GetFiles("docs", "*.md").Append("README.md").SelectMany(file => Regex.Matches(File.ReadAllText(file), "[A-Za-z][a-z]{1,11}").Select(match => match.Value)).Distinct().Order(StringComparer.Ordinal)];

    private static string Text(Random random, string[] words, int most)
    {
        var parts = new string[random.Next(1, most + 1)];
        for (var i = 0; i < parts.Length; i++)
        {
            var word = words[random.Next(words.Length)];
            parts[i] = random.Next(10) switch
            {
                0 => random.Next(10000).ToString(CultureInfo.InvariantCulture),
                1 => (random.Next(100000) / 100.0).ToString("0.00", CultureInfo.InvariantCulture),
                2 => word.ToUpperInvariant(),
                3 => char.ToUpperInvariant(word[0]) + word[1..],
                _ => word.ToLowerInvariant(),
            };
        }
        return string.Join(' ', parts);
    }

    private static SKImage Line(Random random, SKTypeface[] fonts, string text)
    {
        using var font = new SKFont(fonts[random.Next(fonts.Length)], random.Next(22, 44)) { Edging = SKFontEdging.Antialias };
        var margin = random.Next(4, 10);
        var (width, height) = ((int)Math.Ceiling(font.MeasureText(text)) + 2 * margin, (int)Math.Ceiling(font.Metrics.Descent - font.Metrics.Ascent) + margin);
        using var surface = SKSurface.Create(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Paper(surface.Canvas, random, out var ink);
        surface.Canvas.RotateDegrees((random.NextSingle() - 0.5f) * 2, width / 2f, height / 2f);
        surface.Canvas.DrawText(text, margin, margin / 2f - font.Metrics.Ascent, font, ink);
        ink.Dispose();
        return surface.Snapshot();
    }

    private static SKImage Page(Random random, SKTypeface[] fonts, string[] words)
    {
        var (width, height) = (32 * random.Next(8, 16), 32 * random.Next(8, 14));
        using var surface = SKSurface.Create(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Paper(surface.Canvas, random, out var ink);
        for (var y = 10f; y < height - 30;)
        {
            using var font = new SKFont(fonts[random.Next(fonts.Length)], random.Next(14, 34)) { Edging = SKFontEdging.Antialias };
            y -= font.Metrics.Ascent;
            if (y + font.Metrics.Descent > height) break;
            surface.Canvas.DrawText(Text(random, words, 4), random.Next(5, width / 3), y, font, ink);
            y += font.Metrics.Descent + random.Next(2, 40);
        }
        ink.Dispose();
        return surface.Snapshot();
    }

    /// <summary>A ground of any light or dark colour, uneven as paper is, and an ink that stands out.</summary>
    private static void Paper(SKCanvas canvas, Random random, out SKPaint ink)
    {
        var dark = random.Next(5) == 0;
        byte Near(int level) => (byte)Math.Clamp(level + random.Next(-20, 21), 0, 255);
        SKColor Colour(int level) => new(Near(level), Near(level), Near(level));
        var (ground, other) = (Colour(dark ? 40 : 225), Colour(dark ? 55 : 215));
        using var shader = SKShader.CreateLinearGradient(new SKPoint(0, 0), new SKPoint(300, 120), [ground, other], SKShaderTileMode.Mirror);
        using var noise = SKShader.CreatePerlinNoiseTurbulence(0.4f, 0.4f, 2, random.Next(1000));
        using var paper = new SKPaint { Shader = shader };
        canvas.DrawPaint(paper);
        using var grain = new SKPaint { Shader = noise, Color = SKColors.White.WithAlpha((byte)random.Next(40)) };
        canvas.DrawPaint(grain);
        ink = new SKPaint { Color = Colour(dark ? 225 : 35), IsAntialias = true };
    }
}
