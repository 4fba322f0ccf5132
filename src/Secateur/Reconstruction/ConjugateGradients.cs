using static TorchSharp.torch;

namespace Secateur.Reconstruction;

/// <summary>Solves H[S, S]·x[S] = b[S] for all outputs of a layer side by side, each with its own S: a step is one product with H, where elimination takes a cube for each output.</summary>
/// <remarks>Hestenes &amp; Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems", 1952, divided by H's diagonal first (Golub &amp; Van Loan, "Matrix Computations", 2013, sec. 11.5).</remarks>
internal static class ConjugateGradients
{
    private const int MostSteps = 200;

    /// <param name="h">Symmetric and positive, [columns, columns], float64.</param>
    /// <param name="wanted">b of each output, [rows, columns]; what lies outside of S does not count.</param>
    /// <param name="keep">S of each output, [rows, columns], float64: 1 and 0.</param>
    /// <param name="start">Where x begins, [rows, columns].</param>
    /// <param name="enough">When to stop: the share of what each output was off at the start, by the norm that is divided by the diagonal.</param>
    /// <returns>[rows, columns], exactly 0 outside of S.</returns>
    public static Tensor Solve(Tensor h, Tensor wanted, Tensor keep, Tensor start, double enough)
    {
        using var scope = NewDisposeScope();
        var diagonal = h.diagonal();
        var x = start * keep;
        var off = (wanted - mm(x, h)).mul_(keep); // [rows, columns]
        var along = off / diagonal;
        var size = Inner(off, along);             // [rows, 1]
        var target = size * (enough * enough);
        for (var step = 0; step < MostSteps && size.gt(target).any().item<bool>(); step++)
        {
            using var inner = NewDisposeScope();
            var moved = mm(along, h).mul_(keep);
            var far = Ratio(size, Inner(along, moved));
            x.addcmul_(far, along, 1);
            off.addcmul_(far, moved, -1);
            var down = off / diagonal;
            var now = Inner(off, down);
            along.mul_(Ratio(now, size)).add_(down);
            size.copy_(now);
        }
        return x.MoveToOuterDisposeScope();
    }

    private static Tensor Inner(Tensor one, Tensor other) => (one * other).sum([1], keepdim: true);

    /// <summary>0 where an output is solved, and nothing is left to divide by.</summary>
    private static Tensor Ratio(Tensor above, Tensor below) => where(below.gt(0), above / below, zeros_like(above));
}
