using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Secateur.Allocations;

/// <summary>The k lowest of scores that lie in several tensors, exactly, in two passes and without a copy.</summary>
/// <param name="Value">The k-th lowest score: all below it are among the k lowest, all above are not.</param>
/// <param name="Counts">How many of the k lowest lie in each tensor; equal scores are taken from the first tensors first.</param>
internal sealed record Threshold(float Value, long[] Counts)
{
    /// <param name="scores">float32, ≥ 0: their bit patterns order as they do.</param>
    /// <param name="count">k, at most the number of all scores.</param>
    public static Threshold Lowest(IReadOnlyList<Tensor> scores, long count)
    {
        if (count <= 0) return new(-1, new long[scores.Count]);
        var high = Find(scores, count, bits => true, bits => (int)(bits >> 16), out var before);
        var low = Find(scores, count - before, bits => bits >> 16 == high, bits => (int)(bits & 0xffff), out _);
        var value = (uint)high << 16 | (uint)low;
        var below = scores.Select(tensor => Count(tensor, bits => bits < value)).ToArray();
        var ties = count - below.Sum();
        for (var i = 0; i < below.Length && ties > 0; i++)
        {
            var taken = Math.Min(ties, Count(scores[i], bits => bits == value));
            below[i] += taken;
            ties -= taken;
        }
        return new(BitConverter.UInt32BitsToSingle(value), below);
    }

    /// <summary>Marks the <paramref name="count"/> lowest of one tensor with false, the rest with true; equal scores go in order.</summary>
    public static Tensor KeepMask(Tensor units, long count)
    {
        var value = Lowest([units], count).Value;
        var mask = ones(units.numel(), ScalarType.Bool);
        var keep = MemoryMarshal.Cast<byte, bool>(mask.bytes);
        var scores = MemoryMarshal.Cast<byte, float>(units.contiguous().bytes);
        var ties = count;
        foreach (var score in scores) if (score < value) ties--;
        for (var i = 0; i < scores.Length; i++)
            if (scores[i] < value || (scores[i] == value && ties-- > 0)) keep[i] = false;
        return mask;
    }

    private static int Find(IReadOnlyList<Tensor> scores, long count, Func<uint, bool> among, Func<uint, int> bin, out long before)
    {
        var bins = new long[1 << 16];
        foreach (var tensor in scores)
            foreach (var bits in MemoryMarshal.Cast<byte, uint>(tensor.bytes))
                if (among(bits)) bins[bin(bits)]++;
        before = 0;
        for (var i = 0; ; i++)
        {
            if (before + bins[i] >= count) return i;
            before += bins[i];
        }
    }

    private static long Count(Tensor tensor, Func<uint, bool> what)
    {
        var count = 0L;
        foreach (var bits in MemoryMarshal.Cast<byte, uint>(tensor.bytes))
            if (what(bits)) count++;
        return count;
    }
}
