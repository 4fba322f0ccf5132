using System.Globalization;

namespace Secateur.Reports;

/// <summary>Numbers as a person reads them, the same in every country.</summary>
internal static class Numbers
{
    /// <summary>Stands for what is not a number.</summary>
    public const string None = "–";

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static string Count(long value) => value.ToString("N0", Plain);

    /// <summary>For an axis: 20 k, 1.5 M.</summary>
    public static string Short(double value) => Math.Abs(value) switch
    {
        >= 1e12 => $"{Trimmed(value / 1e12)} T",
        >= 1e9 => $"{Trimmed(value / 1e9)} G",
        >= 1e6 => $"{Trimmed(value / 1e6)} M",
        >= 1e3 => $"{Trimmed(value / 1e3)} k",
        _ => Trimmed(value),
    };

    /// <summary>Decimal units, as disks and downloads are sold.</summary>
    public static string Bytes(long bytes) => Math.Abs((double)bytes) switch
    {
        >= 1e9 => $"{(bytes / 1e9).ToString("0.00", Plain)} GB",
        >= 1e6 => $"{(bytes / 1e6).ToString("0.00", Plain)} MB",
        >= 1e3 => $"{(bytes / 1e3).ToString("0.0", Plain)} kB",
        _ => $"{bytes} B",
    };

    public static string Percent(double fraction, int decimals = 1) =>
        double.IsFinite(fraction) ? $"{(fraction * 100).ToString($"F{decimals}", Plain)} %" : None;

    /// <summary>How many times smaller <paramref name="after"/> is.</summary>
    public static string Times(double before, double after) => Times(before / after);

    public static string Times(double ratio) => ratio switch
    {
        _ when !double.IsFinite(ratio) => None,
        >= 99.95 => $"{ratio.ToString("N0", Plain)}x",
        >= 9.95 => $"{ratio.ToString("0.0", Plain)}x",
        _ => $"{ratio.ToString("0.00", Plain)}x",
    };

    public static string Milliseconds(double ms) => ms switch
    {
        _ when !double.IsFinite(ms) => None,
        >= 100 => $"{ms.ToString("N0", Plain)} ms",
        >= 1 => $"{ms.ToString("0.00", Plain)} ms",
        _ => $"{ms.ToString("0.0000", Plain)} ms",
    };

    public static string Megabytes(double megabytes) => double.IsFinite(megabytes) ? $"{megabytes.ToString("N0", Plain)} MB" : None;

    public static string Seconds(double seconds) => seconds switch
    {
        _ when !double.IsFinite(seconds) => None,
        >= 3600 => $"{(long)seconds / 3600} h {(long)seconds / 60 % 60} min",
        >= 60 => $"{(long)seconds / 60} min {(long)seconds % 60} s",
        _ => $"{seconds.ToString("0.0", Plain)} s",
    };

    /// <summary>With its sign; a real minus.</summary>
    public static string Signed(double value, int decimals)
    {
        if (!double.IsFinite(value)) return None;
        var digits = Math.Abs(value).ToString($"F{decimals}", Plain);
        return digits.All(digit => digit is '0' or '.') ? $"±{digits}" : (value < 0 ? "−" : "+") + digits;
    }

    /// <summary>Up to four significant digits.</summary>
    public static string Trimmed(double value) => double.IsFinite(value) ? value.ToString("G4", Plain).Replace('-', '−') : None;
}
