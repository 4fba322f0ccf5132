using static TorchSharp.torch;

namespace Secateur.Allocations;

/// <summary>One threshold for all layers: the lowest scores go, wherever they are. Layers that reach their limit stop there and the others go on.</summary>
internal sealed class Global : Allocation
{
    public override string Summary => "one threshold over all layers";

    public override long[] Spread(IReadOnlyList<Candidate> layers, long weights)
    {
        var counts = new long[layers.Count];
        var open = Enumerable.Range(0, layers.Count).ToHashSet();
        while (open.Count > 0)
        {
            var fixedWeights = Enumerable.Range(0, layers.Count).Where(layer => !open.Contains(layer)).Sum(layer => counts[layer] * layers[layer].UnitSize);
            var order = open.Order().ToArray();
            var lowest = Lowest([.. order.Select(layer => layers[layer])], weights - fixedWeights);
            foreach (var (place, layer) in order.Index()) counts[layer] = lowest[place];
            var full = order.Where(layer => counts[layer] > layers[layer].MostUnits).ToArray();
            if (full.Length == 0) break;
            foreach (var layer in full)
            {
                counts[layer] = layers[layer].MostUnits;
                open.Remove(layer);
            }
        }
        return counts;
    }

    /// <summary>The fewest of the lowest units that hold so many weights, layer by layer.</summary>
    private static long[] Lowest(Candidate[] layers, double weights)
    {
        Tensor[] scores = [.. layers.Select(layer => layer.Units)];
        var all = layers.Sum(layer => layer.Count);
        long Units(double count) => Math.Clamp((long)count, 0, all);
        // units of one size are counted; where sizes differ, how many it takes depends on which they are
        var fewest = Units(Math.Floor(weights / layers.Max(layer => layer.UnitSize) + 1e-6));
        var most = Units(Math.Ceiling(weights / layers.Min(layer => layer.UnitSize) - 1e-6));
        while (fewest < most)
        {
            var middle = (fewest + most) / 2;
            if (layers.Zip(Threshold.Lowest(scores, middle).Counts, (layer, count) => count * layer.UnitSize).Sum() < weights - 1e-6) fewest = middle + 1;
            else most = middle;
        }
        return Threshold.Lowest(scores, fewest).Counts;
    }
}
