using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Secateur.Evaluation;
using Secateur.Onnx;

namespace Secateur.Structure.Latency;

/// <summary>How long pieces of models take on one machine, with one version of ONNX Runtime and one number of threads.</summary>
/// <remarks>
/// A piece is a node that multiplies and the light nodes after it, at given shapes; its key says operators, attributes and shapes.
/// The table of this machine is kept in the user's cache and grows as models are looked at; one from another machine only tells what it holds.
/// </remarks>
public sealed class LatencyTable
{
    private const string Format = "secateur-latency-1";
    private const long LargestFile = 256 << 20;

    private static readonly JsonSerializerOptions Strict = new(Json.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private readonly SortedDictionary<string, double?> milliseconds;

    private LatencyTable(Machine machine, int threads, string path, bool grows, SortedDictionary<string, double?> milliseconds) =>
        (Machine, Threads, Path, Grows, this.milliseconds) = (machine, threads, path, grows, milliseconds);

    /// <summary>Where it was measured.</summary>
    public Machine Machine { get; }

    /// <summary>Of ONNX Runtime, at least 1.</summary>
    public int Threads { get; }

    public string Path { get; }

    /// <summary>Whether what is missing is measured: true of this machine's own table.</summary>
    public bool Grows { get; }

    public int Count => milliseconds.Count;

    /// <summary>This machine's own table; empty where nothing was measured yet.</summary>
    /// <param name="threads">Of ONNX Runtime; 0 for every core.</param>
    /// <param name="path">Null takes <see cref="CachePath"/>.</param>
    /// <exception cref="SecateurException">The file is damaged, or of another machine.</exception>
    public static LatencyTable Own(int threads, string? path = null)
    {
        var (machine, count) = (Machine.This(), threads > 0 ? threads : Environment.ProcessorCount);
        path ??= CachePath(count);
        if (!File.Exists(path)) return new(machine, count, path, true, new(StringComparer.Ordinal));
        var read = Read(path, "delete it, and it is measured again");
        if (Fingerprint(read.Machine) != Fingerprint(machine))
            throw new SecateurException($"{path}: was measured on another machine ({read.Machine}); delete it, or give it as --latency-table");
        CheckThreads(read, count, path);
        return new(machine, count, path, true, read.Milliseconds);
    }

    /// <summary>A table that was exported, on this machine or another.</summary>
    /// <param name="path">The file.</param>
    /// <param name="threads">That latency is wanted for; 0 for every core.</param>
    /// <exception cref="SecateurException">No such file, no such table, or one for another number of threads.</exception>
    public static LatencyTable Load(string path, int threads)
    {
        if (!File.Exists(path)) throw new SecateurException($"{path}: no such latency table; check the path");
        var read = Read(path, "export it again (benchmark --export-table)");
        CheckThreads(read, threads > 0 ? threads : Environment.ProcessorCount, path);
        return new(read.Machine, read.Threads, path, false, read.Milliseconds);
    }

    /// <summary><c>$XDG_CACHE_HOME/secateur/latency/</c>, by default under <c>~/.cache</c>; a file for each machine, version of ONNX Runtime and number of threads.</summary>
    public static string CachePath(int threads)
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } stated ? stated
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return System.IO.Path.Combine(cache, "secateur", "latency", $"{Fingerprint(Machine.This())}-{threads}.json");
    }

    /// <summary>Writes it, whole or not at all.</summary>
    public void Save(string path)
    {
        AtomicFile.Probe(path);
        AtomicFile.WriteText(path, JsonSerializer.Serialize(new Stored(Format, Machine, Threads, milliseconds), Json.Options) + "\n");
    }

    /// <summary>A table of these keys alone.</summary>
    internal LatencyTable Only(IEnumerable<string> keys)
    {
        SortedDictionary<string, double?> own = new(StringComparer.Ordinal);
        foreach (var key in keys) own[key] = milliseconds[key];
        return new(Machine, Threads, Path, false, own);
    }

    internal bool Holds(string key) => milliseconds.ContainsKey(key);

    /// <summary>Null: ONNX Runtime does not run it alone.</summary>
    /// <exception cref="SecateurException">It was not measured.</exception>
    internal double? this[string key]
    {
        get => milliseconds.TryGetValue(key, out var value) ? value
            : throw new SecateurException($"{Path}: has no '{(key.Length > 120 ? key[..120] + "..." : key)}'; export it from this very model (benchmark MODEL --export-table FILE)");
        set => milliseconds[key] = value;
    }

    private static void CheckThreads(Stored read, int threads, string path)
    {
        if (read.Threads != threads)
            throw new SecateurException($"{path}: is for {read.Threads} threads, {threads} are asked for; give --threads {read.Threads}, or measure a table for {threads}");
    }

    private static Stored Read(string path, string mend)
    {
        try
        {
            if (new FileInfo(path).Length > LargestFile) throw new SecateurException($"{path}: is over {LargestFile >> 20} MB, so it is no latency table; {mend}");
            using var file = File.OpenRead(path);
            var read = JsonSerializer.Deserialize<Stored>(file, Strict);
            if (read is not { Format: Format, Threads: > 0 } || read.Milliseconds.Values.Any(value => !(value is null or (>= 0 and < double.PositiveInfinity))))
                throw new SecateurException($"{path}: is no latency table; {mend}");
            return read with { Milliseconds = new(read.Milliseconds, StringComparer.Ordinal) };
        }
        catch (JsonException e)
        {
            throw new SecateurException($"{path}: is no latency table; {mend}", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SecateurException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); check its permissions", e);
        }
    }

    /// <summary>What latencies depend on, as a short word.</summary>
    private static string Fingerprint(Machine machine) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{machine.Cpu}|{machine.Cores}|{machine.OnnxRuntime}")))[..12];

    private sealed record Stored(string Format, Machine Machine, int Threads, SortedDictionary<string, double?> Milliseconds);
}
