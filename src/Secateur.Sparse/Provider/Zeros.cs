using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>How the zeros of each weight lie, looked at once though many nodes share it or the graph is looked at again.</summary>
internal sealed class Zeros
{
    private readonly Dictionary<(nint Values, int Rows, int Columns), Census> _seen = [];

    /// <param name="weight">Stays where it is while this lives.</param>
    public Census Of(Dense weight)
    {
        var key = (weight.Values, weight.Rows, weight.Columns);
        if (!_seen.TryGetValue(key, out var census)) _seen[key] = census = Census.Of(weight);
        return census;
    }

    /// <summary>The share of zeros, 0 to 1.</summary>
    public double Share(Dense weight) => 1 - Of(weight).Density;
}
