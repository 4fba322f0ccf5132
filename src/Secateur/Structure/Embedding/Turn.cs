using static TorchSharp.torch;

namespace Secateur.Structure.Embedding;

/// <summary>The matrices into a space and back: of a value x [.., width], x·Into is what stands for it, [.., kept], and (x·Into)·Back what it is taken for.</summary>
/// <param name="Into">[width, wide], of orthogonal columns where its mean counts.</param>
/// <param name="Back">[wide, width].</param>
/// <remarks>
/// Of a space without mean the kept - 1 first directions are told by kept numbers that sum to 0, so that a LayerNormalization finds no mean to take off and is the
/// root mean square that it was (Ashkboos et al., "SliceGPT", ICLR 2024, sec. 3.1, arXiv:2401.15024, write that one anew instead). It has one direction less than it has features, so
/// at full width nothing is lost.
/// </remarks>
internal sealed record Turn(Tensor Into, Tensor Back)
{
    /// <param name="directions">[width, width]: orthonormal columns, the principal ones first; see <see cref="Principal"/>.</param>
    /// <param name="centred">Whether the space leaves the mean out.</param>
    /// <param name="kept">Features that stay.</param>
    /// <param name="wide">Features to write: those that stay, or all, of which the last are zero.</param>
    public static Turn Of(Tensor directions, bool centred, long kept, long wide)
    {
        var into = centred ? mm(directions.narrow(1, 0, kept - 1), Balanced(kept)) : directions.narrow(1, 0, kept);
        into = cat([into, zeros([into.shape[0], wide - kept], ScalarType.Float64)], 1).contiguous();
        return new(into, into.t().contiguous());
    }

    /// <summary>The eigenvectors of a second moment, those of the largest values first; where the mean is left out, its direction is the last.</summary>
    /// <param name="moment">[width, width], float64.</param>
    /// <param name="centred">Whether the space leaves the mean out.</param>
    public static Tensor Principal(Tensor moment, bool centred)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var width = moment.shape[0];
        var scaled = moment / moment.trace().clamp_min(1e-300);
        if (centred) scaled = scaled - (full([width, width], 1.0 / width, ScalarType.Float64) * 2);
        var (_, vectors) = linalg.eigh(scaled); // rising
        return vectors.flip(1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>[count - 1, count]: orthonormal rows of sum 0 (Helmert's).</summary>
    private static Tensor Balanced(long count)
    {
        var rows = arange(1, count, ScalarType.Float64).unsqueeze(1);        // [count - 1, 1]
        var columns = arange(0, count, ScalarType.Float64).unsqueeze(0);     // [1, count]
        var values = where(columns < rows, ones_like(rows * columns), where(columns == rows, -rows * ones_like(columns), zeros_like(rows * columns)));
        return values / (rows * (rows + 1)).sqrt();
    }
}
