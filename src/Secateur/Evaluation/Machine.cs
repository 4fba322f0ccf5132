using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Secateur.Evaluation;

/// <summary>Where something was measured.</summary>
/// <param name="Cpu">Its model name.</param>
/// <param name="Cores">That this process may use.</param>
/// <param name="MemoryMb">That this process may use.</param>
/// <param name="Os">Such as <c>Debian GNU/Linux 12 (bookworm)</c>.</param>
/// <param name="OnnxRuntime">Its version.</param>
/// <param name="DotNet">Its version.</param>
public sealed record Machine(string Cpu, int Cores, long MemoryMb, string Os, string OnnxRuntime, string DotNet)
{
    public static Machine This() => new(
        Field("/proc/cpuinfo", "model name", ':') ?? $"{RuntimeInformation.ProcessArchitecture}",
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20,
        Field("/etc/os-release", "PRETTY_NAME", '=') ?? RuntimeInformation.OSDescription,
        OrtEnv.Instance().GetVersionString(),
        $"{Environment.Version}");

    public override string ToString() => $"{Cpu}, {Cores} cores, {MemoryMb} MB, {Os}, ONNX Runtime {OnnxRuntime}";

    private static string? Field(string file, string name, char separator) => !File.Exists(file) ? null
        : File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(separator, 2)[^1].Trim(' ', '\t', '"');
}
