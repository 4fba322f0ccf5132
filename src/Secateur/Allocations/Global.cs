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
            var unit = order.Sum(layer => (double)layers[layer].Weight.Elements) / order.Sum(layer => (double)layers[layer].Count);
            var count = Math.Clamp((long)Math.Round((weights - fixedWeights) / unit), 0, order.Sum(layer => layers[layer].Count));
            var lowest = Threshold.Lowest([.. order.Select(layer => layers[layer].Units)], count);
            foreach (var (place, layer) in order.Index()) counts[layer] = lowest.Counts[place];
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
}
