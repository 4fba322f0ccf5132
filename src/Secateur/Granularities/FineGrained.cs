using System.Globalization;
using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Granularities;

/// <summary>N:M fine-grained sparsity: of every M neighbouring input channels, at one output and kernel position, N weights stay.</summary>
/// <remarks>Mishra et al., "Accelerating Sparse Deep Neural Networks", 2021, sec. 3 (arXiv:2104.08378). A unit is a weight; its score is its rank
/// within its M, so that a schedule on the way to N:M first takes the least of every M, then the next.</remarks>
public sealed class FineGrained(int kept, int group) : Granularity
{
    private const float Never = 1e30f;

    internal static Granularity? Of(string word)
    {
        if (word.Split(':') is not [var n, var m]) return null;
        if (!int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var kept)
            || !int.TryParse(m, NumberStyles.None, CultureInfo.InvariantCulture, out var group) || kept < 1 || kept >= group || group > 1024)
            throw new SecateurException($"granularity '{word}': N:M keeps N of every M weights, so 0 < N < M <= 1024; write for example 2:4");
        return new FineGrained(kept, group);
    }

    public override double? FixedSparsity => 1 - (double)kept / group;

    public override string? Unfit(Weight weight) =>
        weight.Inputs % group == 0 ? null : $"its {weight.Inputs} input channels are no multiple of {group}";

    public override Tensor Units(Weight weight, Tensor scores)
    {
        var groups = scores.reshape(weight.Outputs, weight.Inputs / group, group, weight.Kernel); // [out, in/m, m, k]
        // zeros before all else and in order: those pruned in earlier steps keep the ranks by which they went, whatever their scores are now
        var ordered = where(weight.Matrix.eq(0).reshape(groups.shape), -1, groups).sort(2, stable: true).Indices;
        var rank = ordered.argsort(2);
        var within = groups / (groups.max() + 1e-30f).mul(2); // below 1/2, so ranks stay apart
        return where(rank < group - kept, rank + within, full_like(groups, Never)).reshape(-1);
    }

    public override Tensor Spread(Weight weight, Tensor units) => units.reshape(weight.Outputs, -1);
}
