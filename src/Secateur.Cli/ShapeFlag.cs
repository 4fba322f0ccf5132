using System.CommandLine;
using System.Globalization;

namespace Secateur.Cli;

/// <summary>Shapes of inputs whose dimensions the file leaves open.</summary>
internal static class ShapeFlag
{
    public static readonly Option<Dictionary<string, long[]>?> Shape = new("--shape")
    {
        HelpName = "INPUT=1,3,48,320",
        Description = "the shape of an input whose dimensions the file leaves open; may be given for each input",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = Values.Pairs(Parse, "INPUT=SIZES such as x=1,3,48,320"),
    };

    private static long[]? Parse(string text)
    {
        var sizes = Array.ConvertAll(text.Split(','), size => long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0);
        return sizes.All(size => size > 0) ? sizes : null;
    }
}
