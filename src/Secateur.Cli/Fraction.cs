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
        (value, mend) = (0, "write a fraction such as 0.9 or 90%");
        // decimal: 92 / 100 is 0.92, whichever way it is written
        if (!decimal.TryParse(percent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return false;
        if (!percent && number is >= 1 and <= 100 && !(whole && number == 1))
        {
            mend = string.Create(CultureInfo.InvariantCulture, $"is it a fraction or a percentage? write {number / 100} or {number}%");
            return false;
        }
        value = (double)(percent ? number / 100 : number);
        return value is >= 0 and <= 1;
    }
}
