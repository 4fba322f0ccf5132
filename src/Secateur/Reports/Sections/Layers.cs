using System.Collections.Immutable;
using System.Globalization;

namespace Secateur.Reports.Sections;

/// <summary>One tensor, written.</summary>
internal sealed record LayerRow(
    string Name, string Node, string Shape, string Parameters, string Nonzero, string Sparsity, string Verdict, string Why, string Macs);

/// <summary>Every tensor: pruned or kept, and why. Nothing is skipped.</summary>
internal sealed record Layers(string Summary, ImmutableArray<LayerRow> Rows)
{
    public static Layers Of(PruneResult result)
    {
        var (all, pruned) = (result.Layers.Length, result.Layers.Count(layer => layer.Verdict == "pruned"));
        return new(
            $"{pruned} of {all} tensors were pruned, {all - pruned} kept. "
                + $"{Numbers.Percent(result.Sparsity)} of all weights that could be pruned are zero.",
            [.. result.Layers.Select(layer => new LayerRow(layer.Name, layer.Node,
                Shape(layer),
                Numbers.Count(layer.Parameters), Numbers.Count(layer.Nonzero), Numbers.Percent(layer.Sparsity, 2), layer.Verdict, layer.Why,
                Numbers.Count(layer.Macs)))]);
    }

    private static string Shape(LayerResult layer) => layer.Shape.Length == 0
        ? "scalar"
        : string.Join(" × ", layer.Shape.Select(axis => axis.ToString(CultureInfo.InvariantCulture)));
}
