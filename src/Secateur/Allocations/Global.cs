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

    /// <summary>How many of the lowest units, which together hold so many weights, lie in each layer.</summary>
    private static long[] Lowest(Candidate[] layers, double weights)
    {
        var units = Array.ConvertAll(layers, layer => layer.Units);
        var (low, high) = (0L, layers.Sum(layer => layer.Count));
        if (layers.All(layer => layer.UnitSize == layers[0].UnitSize))
            return Threshold.Lowest(units, Math.Clamp((long)Math.Round(weights / layers[0].UnitSize), low, high)).Counts;
        while (low < high) // where edges make blocks of unlike size, a number of units tells no number of weights
        {
            var middle = (low + high + 1) / 2;
            if (Threshold.Lowest(units, middle).Counts.Zip(layers, (count, layer) => count * layer.UnitSize).Sum() <= weights + 1e-6) low = middle;
            else high = middle - 1;
        }
        return Threshold.Lowest(units, low).Counts;
    }
}
