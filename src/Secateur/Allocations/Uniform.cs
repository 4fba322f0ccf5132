namespace Secateur.Allocations;

/// <summary>The same sparsity in every layer. What layers at their limit cannot lose is spread evenly over the others.</summary>
internal sealed class Uniform : Allocation
{
    public override string Summary => "the same sparsity in every layer";

    public override long[] Spread(IReadOnlyList<Candidate> layers, long weights)
    {
        // the level s at which the layers, each cut at its limit, lose as much as asked
        var (low, high) = (0.0, 1.0);
        for (var i = 0; i < 60; i++)
        {
            var level = (low + high) / 2;
            if (layers.Sum(layer => Math.Min(level, (double)layer.MostUnits / layer.Count) * layer.Weight.Elements) < weights) low = level;
            else high = level;
        }
        return [.. layers.Select(layer => Math.Min(layer.MostUnits, (long)Math.Round(high * layer.Count)))];
    }
}
