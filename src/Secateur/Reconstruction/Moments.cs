using static TorchSharp.torch;

namespace Secateur.Reconstruction;

/// <summary>Second moments of what goes into a layer, summed over samples: of what it sees, and of that with what it is meant to see.</summary>
/// <remarks>All that least squares needs to know of the data. float64.</remarks>
internal sealed class Moments
{
    private readonly Tensor second, cross; // [groups, columns, columns]
    private readonly Tensor seen, meant;   // [groups, columns], sums
    private double count;

    /// <param name="groups">See <see cref="Products"/>.</param>
    /// <param name="columns">Likewise.</param>
    /// <param name="apart">Whether what is seen differs from what is meant.</param>
    public Moments(long groups, long columns, bool apart)
    {
        second = zeros([groups, columns, columns], ScalarType.Float64);
        cross = apart ? zeros_like(second) : second;
        seen = zeros([groups, columns], ScalarType.Float64);
        meant = apart ? zeros_like(seen) : seen;
    }

    /// <summary>Samples taken up.</summary>
    public double Count => count;

    /// <param name="x">float32 [groups, samples, columns], as the layer sees them.</param>
    /// <param name="y">The same samples as the dense layer saw them; null where they are the same.</param>
    public void Add(Tensor x, Tensor? y = null)
    {
        using var scope = NewDisposeScope();
        second.add_(x.transpose(1, 2).matmul(x));
        seen.add_(x.sum(1));
        count += x.shape[1];
        if (y is null) return;
        cross.add_(x.transpose(1, 2).matmul(y));
        meant.add_(y.sum(1));
    }

    /// <summary>The mean over samples of what is seen times itself, [groups, columns, columns]; about the mean where the layer has a bias that can take that up.</summary>
    public Tensor Second(bool centred) => centred ? second / count - Outer(seen, seen) : second / count;

    /// <summary>Likewise of what is seen times what is meant.</summary>
    public Tensor Cross(bool centred) => centred ? cross / count - Outer(seen, meant) : cross / count;

    /// <summary>Means [groups, columns] of what is seen and what is meant.</summary>
    public (Tensor Seen, Tensor Meant) Means => (seen / count, meant / count);

    private Tensor Outer(Tensor one, Tensor other) => (one / count).unsqueeze(2) * (other / count).unsqueeze(1);
}
