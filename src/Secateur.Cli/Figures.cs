using System.Globalization;

namespace Secateur.Cli;

/// <summary>Numbers as the tables show them.</summary>
internal static class Figures
{
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Percent(double fraction) => fraction.ToString("0.00%", CultureInfo.InvariantCulture);

    public static string Points(double fraction) => (fraction * 100).ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    public static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    public static string Milliseconds(double value) => value.ToString(value < 10 ? "0.000" : "0.0", CultureInfo.InvariantCulture);

    public static string Times(double ratio) => ratio.ToString("0.00x", CultureInfo.InvariantCulture);

    public static string Shape(IEnumerable<long> shape) => string.Join("x", shape);

    public static string Seconds(double seconds) => seconds < 120
        ? seconds.ToString("0.0 s", CultureInfo.InvariantCulture)
        : TimeSpan.FromSeconds(seconds).ToString(seconds < 3600 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);
}
