using System.Globalization;

namespace Secateur.Cli;

/// <summary>A file's size as people write it: <c>120000</c>, <c>120KB</c> (10³), <c>1.5MB</c> (10⁶), <c>2MiB</c> (2²⁰).</summary>
internal static class ByteSize
{
    private static readonly (string Unit, double Bytes)[] Units =
        [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("B", 1)];

    public static bool TryParse(string text, out long bytes)
    {
        var (unit, scale) = Units.FirstOrDefault(unit => text.EndsWith(unit.Unit, StringComparison.OrdinalIgnoreCase), ("", 1));
        var known = double.TryParse(text[..^unit.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value);
        var size = value * scale;
        bytes = known && size is >= 1 and < 1e18 ? (long)size : 0;
        return bytes > 0;
    }

    /// <summary>In the unit that keeps it short, such as <c>1.07 MB</c>.</summary>
    public static string Write(long bytes) => bytes switch
    {
        < 1_000 => $"{bytes} B",
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} KB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.##} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.##} GB"),
    };
}
