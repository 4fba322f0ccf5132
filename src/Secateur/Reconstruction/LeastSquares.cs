using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Reconstruction;

/// <summary>What stays of each output's weights is fitted so that the output is as near as can be to what it is meant to be: min E‖ŵ·x̂ − w·x‖² over ŵ, zero where pruned.</summary>
/// <remarks>Each output is a system of its own: H[S, S]·ŵ[S] = (C·w)[S] with H = E[x̂x̂ᵀ], C = E[x̂xᵀ] and S what stays. Both sides are damped towards the weights as
/// they were by a share of H's mean diagonal, so that no system is singular. Hubara et al., "Accelerated Sparse Neural Training", 2021, and Frantar &amp; Alistarh,
/// "Optimal Brain Compression", NeurIPS 2022, sec. 3 (arXiv:2208.11580).</remarks>
internal static class LeastSquares
{
    /// <summary>The share of the mean diagonal that is added to it, as in SparseGPT (arXiv:2301.00774, sec. 4).</summary>
    public const double Damping = 0.01;

    /// <summary>How near steps come to the least error, see <see cref="ConjugateGradients"/>: to within a thousandth of it, measured on the layers of a ResNet-50 at 70 % zeros.</summary>
    public const double Near = 0.003;

    /// <summary>To within a twentieth, in a third of the steps.</summary>
    public const double Roughly = 0.03;

    private const int ManyColumns = 640;    // in fewer nothing is gained by steps
    private const double StepsWorth = 7.5; // squares of the columns that elimination goes through in the time of some fifty steps: LibTorch's products run at seven times its rate

    /// <param name="weight">[rows, columns], float64, as they were.</param>
    /// <param name="keep">bool [rows, columns].</param>
    /// <param name="second">H, [columns, columns].</param>
    /// <param name="cross">C, [columns, columns].</param>
    /// <param name="damping">See <see cref="Damping"/>.</param>
    /// <param name="enough">How near where so many columns stay that elimination would take too long.</param>
    /// <returns>[rows, columns], float64, exactly 0 where pruned.</returns>
    public static Tensor Fit(Tensor weight, Tensor keep, Tensor second, Tensor cross, double damping, double enough = Near)
    {
        var ridge = second.diagonal().mean() * damping + 1e-12;
        var h = second + eye(weight.shape[1], dtype: ScalarType.Float64) * ridge;
        var wanted = weight.matmul(cross.t()) + weight * ridge; // [rows, columns]
        return weight.shape[1] < ManyColumns || !PaysSteps(keep) ? Eliminated(weight, keep, h, wanted) : ConjugateGradients.Solve(h, wanted, keep.to(ScalarType.Float64), weight, enough);
    }

    /// <summary>Whether elimination, a sixth of a cube of what stays of each output, takes longer than some fifty products with H.</summary>
    private static bool PaysSteps(Tensor keep) => keep.sum([1]).to(ScalarType.Float64).pow(3).mean().item<double>() / 6 > StepsWorth * keep.shape[1] * keep.shape[1];

    /// <summary>Output by output, exactly.</summary>
    private static Tensor Eliminated(Tensor weight, Tensor keep, Tensor second, Tensor goal)
    {
        var (rows, columns) = ((int)weight.shape[0], (int)weight.shape[1]);
        var (h, wanted) = (second.contiguous().data<double>().ToArray(), goal.contiguous().data<double>().ToArray());
        var (was, stays) = (weight.contiguous().data<double>().ToArray(), keep.contiguous().data<bool>().ToArray());
        var fitted = new double[rows * columns];
        Parallel.For(0, rows, new() { MaxDegreeOfParallelism = get_num_threads() }, () => (A: new double[columns * columns], B: new double[columns], S: new int[columns]), (row, _, work) =>
        {
            var (start, n) = (row * columns, 0);
            for (var column = 0; column < columns; column++)
                if (stays[start + column]) work.S[n++] = column;
            for (var i = 0; i < n; i++)
            {
                work.B[i] = wanted[start + work.S[i]];
                for (var j = 0; j <= i; j++) work.A[i * n + j] = h[work.S[i] * columns + work.S[j]];
            }
            var solved = Cholesky.Solve(work.A.AsSpan(0, n * n), work.B.AsSpan(0, n));
            for (var i = 0; i < n; i++) fitted[start + work.S[i]] = solved ? work.B[i] : was[start + work.S[i]];
            return work;
        }, _ => { });
        return tensor(fitted, [rows, columns], ScalarType.Float64);
    }
}
