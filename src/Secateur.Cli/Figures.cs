using System.Globalization;
using Secateur.Evaluation;

namespace Secateur.Cli;

/// <summary>Numbers as the tables show them.</summary>
internal static class Figures
{
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Percent(double fraction) => fraction.ToString("0.00%", CultureInfo.InvariantCulture);

    public static string Points(double fraction) => (fraction * 100).ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    /// <summary>A value of a metric: per cent where it is a share.</summary>
    public static string Quality(string metric, double value) => IsShare(metric) ? Percent(value) : Number(value);

    /// <summary>The change of a metric's value, with its sign.</summary>
    public static string Change(string metric, double before, double after) =>
        IsShare(metric) ? $"{Points(after - before)} points" : (after - before).ToString("+0.####;-0.####;0", CultureInfo.InvariantCulture);

    public static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    public static string Milliseconds(double value) => value.ToString(value < 10 ? "0.000" : "0.0", CultureInfo.InvariantCulture);

    public static string Times(double ratio) => ratio.ToString("0.00x", CultureInfo.InvariantCulture);

    public static string Shape(IEnumerable<long> shape) => string.Join("x", shape);

    public static string Seconds(double seconds) => seconds < 120
        ? seconds.ToString("0.0 s", CultureInfo.InvariantCulture)
        : TimeSpan.FromSeconds(seconds).ToString(seconds < 3600 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);

    private static bool IsShare(string metric) => Metric.All.GetValueOrDefault(metric)?.IsShare ?? true;
}
