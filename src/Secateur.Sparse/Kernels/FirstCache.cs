using System.Runtime.Intrinsics.X86;

namespace Secateur.Sparse.Kernels;

/// <summary>The first cache of this processor's data.</summary>
internal static class FirstCache
{
    private const int Usual = 32 << 10, Least = 16 << 10, Most = 128 << 10;
    private const int AmdLeaf = unchecked((int)0x8000001D), IntelLeaf = 4; // deterministic cache parameters, told alike by both
    private const int OfData = 1;

    /// <summary>What it holds, in bytes; 32 KiB where the processor does not tell.</summary>
    public static int Bytes { get; } = Told() is var told and not 0 ? Math.Clamp(told, Least, Most) : Usual;

    private static int Told()
    {
        if (!X86Base.IsSupported) return 0;
        var hasAmdLeaf = (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax >= unchecked((uint)AmdLeaf);
        return (hasAmdLeaf ? Told(AmdLeaf) : 0) is var told and not 0 ? told : X86Base.CpuId(0, 0).Eax >= IntelLeaf ? Told(IntelLeaf) : 0;
    }

    private static int Told(int leaf)
    {
        var (kind, sizes, sets, _) = X86Base.CpuId(leaf, 0);
        if ((kind & 0x1F) != OfData || (kind >> 5 & 7) != 1) return 0;
        var (ways, parts, line) = ((int)((uint)sizes >> 22) + 1, (sizes >> 12 & 0x3FF) + 1, (sizes & 0xFFF) + 1);
        return ways * parts * line * (sets + 1);
    }
}
