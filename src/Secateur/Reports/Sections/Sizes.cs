using System.Collections.Immutable;
using System.Globalization;

namespace Secateur.Reports.Sections;

/// <summary>One quantity before and after.</summary>
/// <param name="Left">What is left, as a CSS width such as <c>12.5</c> (per cent).</param>
internal sealed record SizeRow(string Name, string Before, string After, string Ratio, string Left, string LeftText);

/// <summary>What the files weigh and what they compute.</summary>
internal static class Sizes
{
    private const string OfNonzero = "MACs of nonzero weights";

    public static ImmutableArray<SizeRow> Of(PruneResult result)
    {
        var (input, output) = (result.Input, result.Output);
        return
        [
            Row("File", input.Bytes, output.Bytes, Numbers.Bytes),
            Row("File, gzip", input.GzipBytes, output.GzipBytes, Numbers.Bytes),
            Row("Parameters", input.Parameters, output.Parameters, Numbers.Count),
            Row("Nonzero parameters", input.Nonzero, output.Nonzero, Numbers.Count),
            Row("MACs of one example", input.Macs, output.Macs, Numbers.Count),
            WasDense(result)
                ? Row(OfNonzero, input.Macs, NonzeroMacs(result), Numbers.Count)
                : new(OfNonzero, Numbers.None, Numbers.Count(NonzeroMacs(result)), Numbers.None, "0",
                    "not known: zeros came in already"),
        ];
    }

    /// <summary>The output's work without that of its zeros: a node's MACs fall with the sparsity of its largest tensor, the weight. What was removed is no zero.</summary>
    private static long NonzeroMacs(PruneResult result)
    {
        if (result.Recipe.IsStructured) return result.Output.Macs;
        var ofZeros = result.Layers.GroupBy(layer => layer.Node)
            .Select(node => node.MaxBy(layer => layer.Parameters)!)
            .Where(layer => double.IsFinite(layer.Sparsity))
            .Sum(layer => layer.Macs * layer.Sparsity);
        return Math.Max(0, result.Output.Macs - (long)Math.Round(ofZeros));
    }

    /// <summary>Where next to no zeros came in, all work was of nonzero weights before; elsewhere nobody counted it.</summary>
    private static bool WasDense(PruneResult result) => result.Input.Nonzero >= 0.99 * result.Input.Parameters;

    private static SizeRow Row(string name, long before, long after, Func<long, string> write)
    {
        var left = before > 0 ? Math.Clamp((double)after / before, 0, 1) : 1;
        return new(name, write(before), write(after), Numbers.Times(before, after),
            (left * 100).ToString("0.##", CultureInfo.InvariantCulture),
            before > 0 ? $"{Numbers.Percent((double)after / before)} left" : Numbers.None);
    }
}
