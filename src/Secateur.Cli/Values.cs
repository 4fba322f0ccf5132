using System.CommandLine.Parsing;
using System.Globalization;

namespace Secateur.Cli;

/// <summary>Parsers of options' values. Each says in one line what is wrong and what may stand there.</summary>
internal static class Values
{
    public static Func<ArgumentResult, int?> Int(int least, int most) => result => (int?)Long(least, most)(result);

    public static Func<ArgumentResult, long?> Long(long least, long most) => result =>
        long.TryParse(Text(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : Refuse<long?>(result, most == long.MaxValue ? $"write a whole number, at least {least}" : $"write a whole number from {least} to {most}");

    public static Func<ArgumentResult, double?> Number(double least, double most) => result =>
        double.TryParse(Text(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : Refuse<double?>(result, string.Create(CultureInfo.InvariantCulture, $"write a number from {least} to {most}, such as 0.001"));

    /// <summary>A share of all: <c>0.9</c> or <c>90%</c>.</summary>
    /// <param name="whole">Whether <c>1</c>, which one may have meant as 1 %, stands for all.</param>
    public static Func<ArgumentResult, double?> Fraction(bool whole) => result =>
        Cli.Fraction.TryParse(Text(result), whole, out var value, out var mend) ? value : Refuse<double?>(result, mend);

    /// <summary>Bytes: <c>120000</c>, <c>120KB</c>, <c>1.5MB</c>.</summary>
    public static long? Bytes(ArgumentResult result) =>
        ByteSize.TryParse(Text(result), out var value) ? value : Refuse<long?>(result, "write bytes such as 120000, 120KB or 1.5MB");

    /// <summary>A share of all up to 1, or a number over it: <c>50%</c>, <c>0.5</c>, <c>20M</c>.</summary>
    public static double? Amount(ArgumentResult result)
    {
        var text = Text(result);
        if (Cli.Fraction.TryParse(text, true, out var share, out _) && share > 0) return share;
        (string Unit, double Scale)[] units = [("K", 1e3), ("M", 1e6), ("G", 1e9), ("", 1)];
        var (unit, scale) = units.First(unit => text.EndsWith(unit.Unit, StringComparison.OrdinalIgnoreCase));
        return double.TryParse(text[..^unit.Length], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value * scale is > 1 and < 1e18
            ? value * scale : Refuse<double?>(result, "write a share such as 50%, or a number such as 20M");
    }

    /// <summary>A factor over 1: <c>2</c> or <c>2x</c>.</summary>
    public static double? Times(ArgumentResult result) => Suffixed(result, "x", 1, 1000, "write how many times, over 1, such as 2x");

    /// <summary>A time: <c>5</c> or <c>5ms</c>.</summary>
    public static double? Milliseconds(ArgumentResult result) => Suffixed(result, "ms", 1e-6, 1e9, "write milliseconds such as 5ms");

    private static double? Suffixed(ArgumentResult result, string suffix, double least, double most, string mend)
    {
        var text = Text(result);
        if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) text = text[..^suffix.Length];
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > least && value <= most ? value : Refuse<double?>(result, mend);
    }

    /// <summary>One of a few words.</summary>
    public static Func<ArgumentResult, T?> Word<T>(params (string Word, T Value)[] words) where T : struct => result =>
        words.Where(pair => pair.Word == Text(result)).Select(pair => (T?)pair.Value).FirstOrDefault()
        ?? Refuse<T?>(result, $"take one of {string.Join(", ", words.Select(pair => pair.Word))}");

    /// <summary>Each <c>NAME=VALUE</c>; a name given again counts by its last value.</summary>
    public static Func<ArgumentResult, Dictionary<string, T>?> Pairs<T>(Func<string, T?> parse, string example) where T : class => result =>
    {
        Dictionary<string, T> pairs = [];
        foreach (var token in result.Tokens)
        {
            var at = token.Value.LastIndexOf('=');
            if (at < 1 || parse(token.Value[(at + 1)..]) is not { } value) return Refuse<Dictionary<string, T>?>(result, $"write {example}", token.Value);
            pairs[token.Value[..at]] = value;
        }
        return pairs;
    };

    private static string Text(ArgumentResult result) => result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;

    private static T? Refuse<T>(ArgumentResult result, string mend, string? text = null)
    {
        var name = result.Parent is OptionResult { Option.Name: var option } ? option : result.Argument.Name;
        result.AddError($"{name} '{text ?? Text(result)}': {mend}");
        return default;
    }
}
