using System.Globalization;
using System.Runtime.InteropServices;

namespace Secateur.Evaluation;

/// <summary>How much memory a piece of work adds to this process at its highest, as the kernel counts resident pages (Linux).</summary>
/// <remarks>
/// Freed memory is given back to the kernel first and the kernel's high-water mark is set back to what is resident, so that one measure
/// does not hide in what another left. Other threads of the process are counted too: let none work meanwhile.
/// </remarks>
internal static partial class PeakMemory
{
    /// <returns>Megabytes (10⁶ bytes); 0 where the kernel does not tell.</returns>
    public static double Of(Action work)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (!OperatingSystem.IsLinux() || !Reset()) return Without(work);
        var before = Kilobytes("VmRSS:");
        work();
        return Math.Max(0, Kilobytes("VmHWM:") - before) * 1024 / 1e6;
    }

    [LibraryImport("libc.so.6")]
    private static partial int malloc_trim(nuint pad);

    private static bool Reset()
    {
        try
        {
            _ = malloc_trim(0);
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static double Without(Action work)
    {
        work();
        return 0;
    }

    private static double Kilobytes(string field) => double.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal))[field.Length..^3], CultureInfo.InvariantCulture);
}
