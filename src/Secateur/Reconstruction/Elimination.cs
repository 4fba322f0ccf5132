using System.Numerics;
using System.Runtime.InteropServices;

namespace Secateur.Reconstruction;

/// <summary>The order in which an output loses its weights, each time the one that costs least once all others are made the best of, and what each costs.</summary>
/// <remarks>Frantar &amp; Alistarh, "Optimal Brain Compression", NeurIPS 2022, algorithm 1 (arXiv:2208.11580): remove the least w²/[H⁻¹]pp, move the rest by
/// −H⁻¹·wp/[H⁻¹]pp, take p out of H⁻¹.</remarks>
internal static class Elimination
{
    private const double Gone = double.PositiveInfinity;

    /// <param name="weight">Of one output, [n].</param>
    /// <param name="inverse">H⁻¹, [n, n].</param>
    /// <param name="work">[n, n] to be written over.</param>
    /// <param name="costs">[n]: by how much wᵀHw-like error grows as each weight goes, never less than those before it.</param>
    public static void Run(ReadOnlySpan<double> weight, ReadOnlySpan<double> inverse, Span<double> work, Span<float> costs)
    {
        var (n, least) = (weight.Length, 0.0);
        Span<double> w = n <= 1024 ? stackalloc double[n] : new double[n], pivot = n <= 1024 ? stackalloc double[n] : new double[n];
        Span<int> names = n <= 1024 ? stackalloc int[n] : new int[n]; // the weight that each place stands for
        weight.CopyTo(w);
        for (var i = 0; i < n; i++)
        {
            names[i] = i;
            inverse.Slice(i * n, i + 1).CopyTo(work[(i * n)..]); // the lower half alone
        }
        for (var left = n; left > 0; left--)
        {
            var (p, cost) = (0, Gone);
            for (var i = 0; i < left; i++)
                if (w[i] * w[i] / work[i * n + i] is var own && own < cost) (p, cost) = (i, own);
            costs[names[p]] = (float)(least = Math.Max(least, cost));
            for (var i = 0; i < left; i++) pivot[i] = i < p ? work[p * n + i] : work[i * n + p];
            var diagonal = pivot[p];
            // the last takes the place of the one that goes
            var last = left - 1;
            for (var i = 0; i < last; i++)
            {
                var factor = -pivot[i == p ? last : i] / diagonal;
                w[i == p ? last : i] += factor * w[p];
            }
            Drop(work, pivot, n, p, last);
            (w[p], names[p], pivot[p]) = (w[last], names[last], pivot[last]);
            for (var i = 0; i < last; i++) AddScaled(work.Slice(i * n, i + 1), pivot[..(i + 1)], -pivot[i] / diagonal);
        }
    }

    /// <summary>Row and column p become those of the last.</summary>
    private static void Drop(Span<double> work, ReadOnlySpan<double> pivot, int n, int p, int last)
    {
        if (p == last) return;
        var corner = work[last * n + last];
        work.Slice(last * n, p).CopyTo(work.Slice(p * n, p));
        for (var i = p + 1; i < last; i++) work[i * n + p] = work[last * n + i];
        work[p * n + p] = corner;
    }

    private static void AddScaled(Span<double> to, ReadOnlySpan<double> from, double factor)
    {
        var scale = new Vector<double>(factor);
        var many = MemoryMarshal.Cast<double, Vector<double>>(to);
        var other = MemoryMarshal.Cast<double, Vector<double>>(from);
        for (var i = 0; i < many.Length; i++) many[i] += other[i] * scale;
        for (var i = many.Length * Vector<double>.Count; i < to.Length; i++) to[i] += from[i] * factor;
    }
}
