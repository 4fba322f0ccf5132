using static TorchSharp.torch;

namespace Secateur.Structure.Ranks;

/// <summary>Directions of a layer's outputs, the ones that carry most first, and the energy that each carries.</summary>
/// <remarks>
/// The matrix of rank r nearest to W where it matters, least ‖(W − W')·X‖ over calibration inputs X, is U·Uᵀ·W with the first r left singular
/// vectors U of W·X (Eckart and Young 1936); as singular values decomposed by Yuan et al., "ASVD", 2023 (arXiv:2312.05821), and Wang et al.,
/// "SVD-LLM", ICLR 2025, sec. 3.1 (arXiv:2403.12403), whiten them. U are eigenvectors of W·X·Xᵀ·Wᵀ, so no inverse is needed. A little of W·Wᵀ is added,
/// for directions that the examples did not use; with it the error on them is still at most that of a plain decomposition.
/// </remarks>
internal sealed class Basis : IDisposable
{
    private const double Unseen = 1e-6; // weight of W·Wᵀ beside the examples

    private readonly Tensor directions; // [out, full rank], orthonormal

    private Basis(Tensor directions, double[] energies) => (this.directions, Energies) = (directions, energies);

    /// <summary>By direction, falling, at least 0, of sum 1.</summary>
    public double[] Energies { get; }

    /// <param name="layer">The layer, with its weight as it is.</param>
    /// <param name="moment">From <see cref="Moments"/>; null decomposes the weight alone.</param>
    public static Basis Of(Factorable layer, Tensor? moment)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var weight = layer.Weight.Matrix.to(ScalarType.Float64); // [out, in]
        var (directions, energies) = layer.IsTall ? Tall(weight, moment) : Wide(weight, moment);
        energies = energies.clamp_min(0);
        energies /= energies.sum().clamp_min(1e-300);
        return new(directions.narrow(1, 0, layer.FullRank).contiguous().DetachFromDisposeScope(), [.. energies.narrow(0, 0, layer.FullRank).contiguous().data<double>()]);
    }

    /// <summary>The two factors, of the weight's type: [out, rank] and [rank, in], of like size.</summary>
    public (Tensor Up, Tensor Down) Factors(Factorable layer, int rank)
    {
        using var frozen = no_grad();
        var up = directions.narrow(1, 0, rank);                               // [out, rank]
        var down = mm(up.t(), layer.Weight.Matrix.to(ScalarType.Float64));   // [rank, in]
        var size = down.square().sum(1).sqrt().clamp_min(1e-30).sqrt();      // [rank]
        return ((up * size).to(layer.Weight.Tensor.dtype), (down / size.unsqueeze(1)).to(layer.Weight.Tensor.dtype));
    }

    public void Dispose() => directions.Dispose();

    /// <summary>By the outputs' second moment, [out, out].</summary>
    private static (Tensor Directions, Tensor Energies) Wide(Tensor weight, Tensor? moment)
    {
        var plain = mm(weight, weight.t());
        var (values, vectors) = linalg.eigh(moment is null ? plain : Scaled(moment) + (Unseen * Scaled(plain)));
        return (vectors.flip(1), values.flip(0)); // they come rising
    }

    /// <summary>By the inputs' second moment, [in, in] = L·Lᵀ: the left singular vectors of W·L, from its right ones.</summary>
    private static (Tensor Directions, Tensor Energies) Tall(Tensor weight, Tensor? moment)
    {
        var seen = moment is null ? weight : mm(weight, linalg.cholesky(Scaled(moment) + (Unseen / weight.shape[1] * eye(weight.shape[1], dtype: ScalarType.Float64))));
        var (values, vectors) = linalg.eigh(mm(seen.t(), seen));
        var (directions, _) = linalg.qr(mm(seen, vectors.flip(1))); // orthogonal but for rounding, longest first
        return (directions, values.flip(0));
    }

    private static Tensor Scaled(Tensor square) => square / square.trace().clamp_min(1e-300);
}
