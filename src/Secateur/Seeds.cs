namespace Secateur;

/// <summary>Seeds of their own for every purpose of a run, so that what one part draws never moves what another draws.</summary>
internal static class Seeds
{
    /// <summary>A seed for one purpose, such as the shuffling of epoch 3 in round 2; depends on nothing but its arguments.</summary>
    public static long Derive(long seed, string purpose, params ReadOnlySpan<long> indices)
    {
        var state = Mix((ulong)seed);
        foreach (var letter in purpose) state = Mix(state ^ letter);
        foreach (var index in indices) state = Mix(state ^ (ulong)index);
        return (long)(state >> 1);
    }

    public static Random Random(long seed, string purpose, params ReadOnlySpan<long> indices) =>
        new((int)(Derive(seed, purpose, indices) & int.MaxValue));

    // the finalizer of SplitMix64 (Steele, Lea, Flood 2014)
    private static ulong Mix(ulong x)
    {
        x += 0x9e3779b97f4a7c15;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}
