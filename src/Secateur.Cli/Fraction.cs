using System.Globalization;

namespace Secateur.Cli;

/// <summary>A share of all, in [0, 1], as people write it: <c>0.9</c> or <c>90%</c>.</summary>
internal static class Fraction
{
    /// <param name="text">What was written.</param>
    /// <param name="whole">Whether a plain 1 means all; otherwise it is asked back, as it may have meant 1 %.</param>
    /// <param name="value">In [0, 1].</param>
    /// <param name="mend">What to write instead.</param>
    public static bool TryParse(string text, bool whole, out double value, out string mend)
    {
        var percent = text.EndsWith('%');
        mend = "write a fraction such as 0.9 or 90%";
        if (!double.TryParse(percent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)) return false;
        if (percent) value = (double)(Precise(value) / 100);
        if (value is >= 0 and <= 1 && (percent || whole || value < 1)) return true;
        if (value is >= 1 and <= 100 && !percent)
            mend = string.Create(CultureInfo.InvariantCulture, $"is it a fraction or a percentage? write {(double)(Precise(value) / 100)} or {value}%");
        return false;
    }

    // 92 / 100 is 0.92 in decimal, whichever way it is written
    private static decimal Precise(double value) => Math.Abs(value) < 1e6 ? (decimal)value : (decimal)1e6 * Math.Sign(value);
}
