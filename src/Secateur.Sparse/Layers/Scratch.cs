using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>Memory that a thread works in, kept for its next run.</summary>
internal static unsafe class Scratch
{
    /// <summary>The slot of a layer's input, where that is made of something else.</summary>
    public const int Input = 4;

    [ThreadStatic] private static Native<float>?[]? _slots;

    /// <summary>At least so many floats, of any value, on a cache line's border.</summary>
    /// <param name="slot">0 to 4: what is in use at the same time on one thread.</param>
    /// <param name="floats">How many.</param>
    public static float* Take(int slot, long floats)
    {
        var slots = _slots ??= new Native<float>?[5];
        if (slots[slot] is { } has && has.Length >= floats) return has.Pointer;
        slots[slot]?.Dispose();
        slots[slot] = null; // should there be no memory for the next
        return (slots[slot] = new(floats)).Pointer;
    }
}
