using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Secateur.Sparse.Loader;

/// <summary>A level of instructions that an image is compiled for.</summary>
/// <param name="Name">As in SECATEUR_LEVEL.</param>
/// <param name="File">The image's name.</param>
/// <param name="Flags">What the processor must have and the system must have switched on, by the names of /proc/cpuinfo.</param>
internal sealed record Level(string Name, string File, params string[] Flags)
{
    private static readonly string[] Avx2 = ["avx", "avx2", "fma", "bmi1", "bmi2", "abm", "movbe", "f16c", "popcnt", "sse4_2"];

    /// <summary>The best one first; the last one runs everywhere.</summary>
    public static Level[] All { get; } =
    [
        new("avx512", "libsecateur-v4.so", [.. Avx2, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]),
        new("avx2", "libsecateur-v3.so", Avx2),
        new("baseline", "libsecateur-baseline.so"),
    ];

    /// <summary>Those that run here, the best one first.</summary>
    public static List<Level> Supported()
    {
        var flags = SystemFlags();
        var widest = Widest();
        return [.. All.Where(level => level.Flags.All(flag => flags.Contains(flag)) && (level.Flags.Length == 0 || widest >= (level.Flags == Avx2 ? 256 : 512)))];
    }

    /// <summary>What Linux has switched on: it names only what it saves and restores.</summary>
    private static HashSet<string> SystemFlags()
    {
        try
        {
            var line = System.IO.File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) ?? "";
            return [.. line[(line.IndexOf(':') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        }
        catch (IOException)
        {
            return []; // then what runs everywhere is right
        }
    }

    /// <summary>Bits of the widest vectors that the processor itself says it has, whatever the system says.</summary>
    private static int Widest()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7) return 128;
        var (_, features, _, _) = X86Base.CpuId(7, 0);
        return (features & 1 << 16) != 0 ? 512 : (features & 1 << 5) != 0 ? 256 : 128;
    }
}
