using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Secateur.Data;
using Secateur.Evaluation;

namespace Secateur.Pruning;

/// <summary>Where a result came from: hashes, versions, machine.</summary>
internal static class Lineages
{
    public static ImmutableSortedDictionary<string, string> Versions { get; } = new Dictionary<string, string>
    {
        ["secateur"] = VersionOf(typeof(Pruner)),
        ["dotnet"] = Environment.Version.ToString(),
        ["torchsharp"] = VersionOf(typeof(TorchSharp.torch)),
        ["onnxruntime"] = Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetVersionString(),
    }.ToImmutableSortedDictionary();

    public static Lineage Of(string modelHash, DataSet? data, Recipe recipe, string command) => new(modelHash, data?.Fingerprint ?? "", HashOf(recipe),
        recipe.Seed, Versions, command, Machine.This().ToString(), DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));

    /// <summary>Stands for all that decides the bytes of a result.</summary>
    public static string Key(string modelHash, DataSet? data, object recipe) => Hash(string.Join('\n', modelHash, data?.Fingerprint ?? "",
        data is null ? "" : $"{data.Train.Count} {data.HeldOut.Count} {data.Test.Count} {data.Train.Target} {string.Join(", ", data.Train.Features)} {data.Description} {data.Task} {data.Metric} {data.Loss}", JsonSerializer.Serialize(recipe, Json.Options),
        TorchSharp.torch.get_num_threads(), string.Join(' ', Versions)));

    public static string HashOf(Recipe recipe) => Hash(JsonSerializer.Serialize(recipe, Json.Options));

    public static DataFacts Facts(DataSet data) => new(data.Path, data.Description, data.Train.Count, data.HeldOut.Count, data.Test.Count,
        data.Train.Target is not null, [.. data.Train.Features.Select(feature => $"{feature.Name} [{string.Join(", ", feature.Shape.Select(size => size == Feature.Varies ? "varies" : $"{size}"))}]")]);

    /// <summary>The most memory that this process has had, in MB of 2^20 bytes; 0 where the system does not tell.</summary>
    public static double PeakMb() => File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } peak
            ? double.Parse(peak["VmHWM:".Length..].Replace("kB", ""), CultureInfo.InvariantCulture) / 1024 : 0;

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string VersionOf(Type type) => type.Assembly.GetName().Version?.ToString(3) ?? "";
}
