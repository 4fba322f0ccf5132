using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>The sparsity of every weight in the model's order; biases and norms, which nobody prunes, are in the table alone.</summary>
internal sealed class LayerSparsity : Chart
{
    private const int Most = 32;

    public override string Title => "Sparsity of every layer";

    public override string Describe(PruneResult result)
    {
        var (shown, all) = (Shown(result), result.Layers);
        if (shown.Length == 0) return "No weight that could be pruned.";
        var (least, most) = (shown.MinBy(layer => layer.Sparsity)!, shown.MaxBy(layer => layer.Sparsity)!);
        var range = shown.Length == 1
            ? $"{Numbers.Percent(least.Sparsity)} ({least.Name})."
            : $"From {Numbers.Percent(least.Sparsity)} ({least.Name}) to {Numbers.Percent(most.Sparsity)} ({most.Name}).";
        return all.Length == shown.Length
            ? range
            : $"{range} {all.Length - shown.Length} more tensors (biases, norms) were kept; the table has them all.";
    }

    public override ImmutableArray<LegendEntry> Legend(PruneResult result) =>
        [new(Ink.Pruned, "bar", "zeros"), new(Ink.After, "bar", "weights that are left"), new(Ink.Before, "bar", "kept whole")];

    public override IEnumerable<Drawing> Draw(PruneResult result) => Rows.Split(Shown(result), Most).Select(DrawSome);

    private static Drawing DrawSome(ImmutableArray<LayerResult> layers)
    {
        var scale = Scale.Exactly(0, 1, value => Numbers.Percent(value, 0));
        var drawing = Rows.Of([.. layers.Select(layer => layer.Name)], scale, right: 62, "sparsity");
        for (var index = 0; index < layers.Length; index++)
        {
            var layer = layers[index];
            var zeros = Math.Clamp(double.IsFinite(layer.Sparsity) ? layer.Sparsity : 0, 0, 1);
            if (zeros > 0) drawing.Rectangle(Ink.Pruned, 0, zeros, -index - 0.3, -index + 0.3);
            if (zeros < 1) drawing.Rectangle(layer.Verdict == "pruned" ? Ink.After : Ink.Before, zeros, 1, -index - 0.3, -index + 0.3);
            drawing.Text(1, -index, Numbers.Percent(layer.Sparsity), Anchor.End, dx: 58, style: "value");
        }
        return drawing;
    }

    private static ImmutableArray<LayerResult> Shown(PruneResult result) =>
        [.. result.Layers.Where(layer => layer.Shape.Length >= 2 || layer.Verdict == "pruned")];
}
