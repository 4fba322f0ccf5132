using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Secateur.Allocations;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>How the scores lie, and where the threshold cuts them.</summary>
internal static class Histogram
{
    private const int Bins = 60;

    public static ScoreHistogram Of(IReadOnlyList<(Choice Choice, Tensor Units)> scored, long[] counts, bool oneThreshold)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var (_, units) in scored)
            foreach (var score in MemoryMarshal.Cast<byte, float>(units.bytes))
                if (score is > 1e-30f and < 1e29f) (low, high) = (Math.Min(low, score), Math.Max(high, score));
        if (low > high) (low, high) = (1, 10);
        // the least scores are a long thin tail: six decades below the highest say enough
        var (from, to) = (Math.Max(Math.Log10(low), Math.Log10(high) - 6), Math.Log10(high) + 1e-6);
        var step = Math.Max((to - from) / Bins, 1e-9);
        var (pruned, kept, zeros) = (new long[Bins], new long[Bins], 0L);
        var threshold = double.PositiveInfinity;
        foreach (var ((_, units), count) in scored.Zip(counts))
        {
            var cut = Threshold.Lowest([units], count).Value;
            foreach (var score in MemoryMarshal.Cast<byte, float>(units.bytes))
            {
                if (score <= 1e-30f)
                {
                    zeros++;
                    continue;
                }
                if (score > cut) threshold = Math.Min(threshold, score);
                (score > cut ? kept : pruned)[Math.Clamp((int)((Math.Log10(score) - from) / step), 0, Bins - 1)]++;
            }
        }
        return new([.. Enumerable.Range(0, Bins + 1).Select(edge => from + edge * step)], ImmutableCollectionsMarshal.AsImmutableArray(pruned),
            ImmutableCollectionsMarshal.AsImmutableArray(kept), zeros, oneThreshold && double.IsFinite(threshold) ? Math.Log10(threshold) : null);
    }
}
