using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>How the zeros of each weight lie, looked at once though many nodes share it or the graph is looked at again.</summary>
internal sealed class Zeros
{
    private readonly Dictionary<(nint Values, int Rows, int Columns), Census> _seen = [];

    /// <param name="layer">Whose weight stays where it is while this lives.</param>
    public Census Of(Layer layer)
    {
        var key = (layer.Weight.Values, layer.Weight.Rows, layer.Weight.Columns);
        if (!_seen.TryGetValue(key, out var census)) _seen[key] = census = layer.Packed is { Head: var head } ? new(head.Rows, head.Columns, head.Entries, head.Entries, head.Entries, head.Entries) : layer.Bytes is { } bytes ? bytes.Census(layer.Weight) : Census.Of(layer.Weight);
        return census;
    }

    /// <summary>The share of zeros, 0 to 1.</summary>
    public double Share(Layer layer) => 1 - Of(layer).Density;
}
