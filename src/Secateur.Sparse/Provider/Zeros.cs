using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>How many elements of each weight are not zero, counted once though many nodes share it or the graph is looked at again.</summary>
internal sealed class Zeros
{
    private readonly Dictionary<(nint Values, int Rows, int Columns), long> _nonzero = [];

    /// <param name="weight">Stays where it is while this lives.</param>
    public long Nonzero(Dense weight)
    {
        var key = (weight.Values, weight.Rows, weight.Columns);
        if (!_nonzero.TryGetValue(key, out var nonzero)) _nonzero[key] = nonzero = weight.Nonzero();
        return nonzero;
    }

    /// <summary>The share of zeros, 0 to 1.</summary>
    public double Share(Dense weight) => 1 - (double)Nonzero(weight) / ((double)weight.Rows * weight.Columns);
}
