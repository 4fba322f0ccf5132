using static TorchSharp.torch;

namespace Secateur.Allocations;

/// <summary>The least sum of losses, each measured with one layer alone pruned, that takes away as many weights as asked: a knapsack, filled by the least loss a weight.</summary>
/// <remarks>The budget of Frantar &amp; Alistarh, "SPDY", ICML 2022, sec. 3.1 (arXiv:2201.13096), in weights instead of time, and with the losses measured instead of modelled. On the
/// lower convex hull of each layer's losses the steps of least loss a weight are the best of all.</remarks>
internal sealed class Sensitivity : Allocation
{
    private const int Levels = 200;

    /// <summary>A layer of less than this part of the density that all have together is emptied last: losses of layers add up only while each still works.</summary>
    private const double Thinnest = 0.25;

    /// <summary>It goes on, as far as was measured, while all that goes of it has less than this part of its scores: it still works, as a classifier without its rows for what the data never shows.</summary>
    private const double Harmless = 1e-4;

    private static readonly Curve Steep = new([(0, 0), (1, 1e6)]); // of a layer that could not be measured: it goes last

    public override string Summary => "by what pruning each layer alone does to the answers, measured on data (SPDY)";

    public override bool Measures => true;

    public override long[] Spread(IReadOnlyList<Candidate> layers, long weights)
    {
        if (layers.All(layer => layer.Losses is null)) return All["global"].Spread(layers, weights); // nothing was measured, such as for a plan
        var thin = 1 - Thinnest * (1 - weights / (double)layers.Sum(layer => layer.Weight.Elements));
        var steps = layers.SelectMany((layer, number) => Hull(layer, thin).Select(step => (Layer: number, step.Units, step.Slope)))
            .OrderBy(step => step.Slope).ThenBy(step => step.Layer);
        var (counts, left) = (new long[layers.Count], (double)weights);
        foreach (var (layer, units, _) in steps)
        {
            var taken = Math.Min(units, (long)Math.Ceiling(left / layers[layer].UnitSize - 1e-6));
            if (taken <= 0) break;
            counts[layer] += taken;
            left -= taken * layers[layer].UnitSize;
        }
        return counts;
    }

    /// <summary>Steps of a layer from none of its units gone to the most, each with its loss a weight, which rises from step to step.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="usual">The sparsity beyond which a layer is too thin to go on before all others, unless nothing of it matters.</param>
    private static List<(long Units, double Slope)> Hull(Candidate layer, double usual)
    {
        List<(long Units, double Loss)> hull = [(0, 0)];
        double Slope((long Units, double Loss) from, (long Units, double Loss) to) => (to.Loss - from.Loss) / (to.Units - from.Units);
        var thin = Math.Max(usual, Idle(layer));
        for (var level = 1; level <= Levels; level++)
        {
            var units = layer.MostUnits * level / Levels;
            if (units <= hull[^1].Units) continue;
            var sparsity = (double)units / layer.Count;
            var point = (units, (layer.Losses ?? Steep).At(sparsity) + 1e6 * Math.Pow(Math.Max(0, sparsity - thin), 2));
            while (hull.Count > 1 && Slope(hull[^2], hull[^1]) >= Slope(hull[^1], point)) hull.RemoveAt(hull.Count - 1);
            hull.Add(point);
        }
        return [.. hull.Skip(1).Zip(hull, (to, from) => (to.Units - from.Units, Slope(from, to) / layer.UnitSize))];
    }

    /// <summary>The sparsity up to which what goes has next to nothing of the layer's scores; never beyond what was measured.</summary>
    private static double Idle(Candidate layer)
    {
        if (layer.Losses is not { } losses || layer.Count == 0) return 0;
        using var scope = NewDisposeScope();
        var gone = layer.Units.to(ScalarType.Float64).sort(0).Values.cumsum(0);
        return Math.Min(losses.Points[^1].Sparsity, gone.lt(gone[^1] * Harmless).sum().item<long>() / (double)layer.Count);
    }
}
