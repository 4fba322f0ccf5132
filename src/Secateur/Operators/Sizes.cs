using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>Refuses results that the machine's memory cannot hold, before LibTorch takes it: some of its calls end the process when they get none.</summary>
internal static class Sizes
{
    private const int BytesEach = 16; // of an element, its gradient, and what is computed from it

    /// <param name="node">That gives the result.</param>
    /// <param name="shape">Of the result, or of a part of it.</param>
    /// <exception cref="SecateurException">The tensor is too large for this machine.</exception>
    public static void CheckFits(this Node node, params ReadOnlySpan<long> shape)
    {
        var bytes = (double)BytesEach;
        foreach (var size in shape) bytes *= Math.Max(size, 0);
        var free = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > free)
            throw node.Error($"its result of [{string.Join(", ", shape.ToArray())}] does not fit into the {free >> 20} MB of this machine's memory; check its constants and the data's shape");
    }
}
