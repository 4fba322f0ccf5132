using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Secateur.Testing.Fuzzing;

namespace Secateur.Bench;

/// <summary>Damaged models by the thousand, each in a process that may end: none may crash, hang for 5 s, take 1 GB, or fail with an error that is not ours.</summary>
internal static class Fuzz
{
    private const int HangSeconds = 5, StartSeconds = 60;
    private const double MostMb = 1024;

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var (count, first, workers) = (settings.Int("count", 100_000), settings.Int("seed", 1), settings.Int("workers", Environment.ProcessorCount));
        var tries = new ConcurrentBag<Try>();
        var clock = Stopwatch.StartNew();
        Parallel.For(0, workers, new() { MaxDegreeOfParallelism = workers }, worker =>
        {
            var folder = Directory.CreateTempSubdirectory("secateur-fuzz-").FullName;
            var (from, to) = (first + count * (long)worker / workers, first + count * (long)(worker + 1) / workers);
            while (from < to) from = Watch((int)from, (int)to, folder, settings.Text("mode", "run"), tries);
            Directory.Delete(folder, recursive: true);
        });
        var faults = tries.Where(one => one.Fault).OrderBy(one => one.Seed).ToList();
        foreach (var fault in faults) Console.Error.WriteLine($"{fault.Seed}: {fault.Outcome} ({fault.Seconds:0.0} s, {fault.PeakMb:0} MB)");
        int Count(FuzzOutcome outcome) => tries.Count(one => one.Outcome == outcome.ToString());
        ledger.Cell("files", settings.Command, () => new()
        {
            ["files"] = tries.Count,
            ["refused"] = Count(FuzzOutcome.Refused),
            ["loaded"] = Count(FuzzOutcome.Loaded),
            ["ran"] = Count(FuzzOutcome.Ran),
            ["faults"] = faults.Count,
            ["slowestSeconds"] = tries.Max(one => one.Seconds),
            ["peakMb"] = tries.Max(one => one.PeakMb),
            ["seconds"] = clock.Elapsed.TotalSeconds,
        });
        var cell = ledger.Cells["files"];
        ledger.Table("Damaged files", settings.Command,
            "Small models (constants, pictures, control flow, functions, external data, an encoder) with bits, bytes and protobuf fields changed, removed, doubled, moved, cut or spliced. "
            + "Refused: reading failed with an error of one line. Loaded: read and saved, but running failed so. Ran: inspected, run on zeros and differentiated. "
            + $"A fault is a process that ended, {HangSeconds} s without an answer, {MostMb:0} MB, or an error that is not ours.",
            [
                ["files", "refused", "loaded", "ran", "faults", "slowest, s", "peak of a process, MB", "minutes"],
                [$"{cell["files"]:0}", $"{cell["refused"]:0}", $"{cell["loaded"]:0}", $"{cell["ran"]:0}", $"{cell["faults"]:0}", $"{cell["slowestSeconds"]:0.0}", $"{cell["peakMb"]:0}", $"{cell["seconds"] / 60:0.0}"],
            ]);
    }

    /// <summary>The process that tries; a line a file.</summary>
    public static void Child(Settings settings)
    {
        var folder = settings.Text("folder", "");
        var (first, count) = (settings.Int("seed", 1), settings.Int("count", 1));
        Threads.Use(1);
        var seeds = FuzzSeeds.In(folder);
        var path = Path.Combine(folder, "damaged.onnx");
        foreach (var seed in Enumerable.Range(first, count))
        {
            File.WriteAllBytes(path, Mutation.Of(seeds, seed));
            if (OperatingSystem.IsLinux()) File.WriteAllText("/proc/self/clear_refs", "5"); // the peak from here on
            var clock = Stopwatch.StartNew();
            var outcome = Outcome(path, settings.Text("mode", "run"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seed}\t{outcome}\t{clock.Elapsed.TotalSeconds:0.000}\t{PeakMb():0.0}"));
        }
    }

    private static string Outcome(string path, string mode)
    {
        try
        {
            return (mode == "run" ? FuzzCase.Run(path) : FuzzCase.Load(path)).ToString();
        }
        catch (Exception e)
        {
            var place = e.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Secateur.") && !line.Contains("Fuzz"))?.Trim();
            return $"{e.GetType().Name}: {e.Message.Split('\n')[0]} {place}".Replace('\t', ' ');
        }
    }

    /// <summary>Runs a child over files; gives the seed to go on from.</summary>
    private static int Watch(int from, int to, string folder, string mode, ConcurrentBag<Try> tries)
    {
        using var child = Process.Start(new ProcessStartInfo("bash", ["-c", "ulimit -d 4000000; exec \"$@\"", "fuzz", Environment.ProcessPath!, typeof(Fuzz).Assembly.Location,
            "fuzz-child", "--folder", folder, "--seed", $"{from}", "--count", $"{to - from}", "--mode", mode])
        { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["DOTNET_GCHeapHardLimit"] = "0x20000000" } })!; // what operators hold sizes against
        var said = child.StandardError.ReadToEndAsync();
        for (var seed = from; seed < to; seed++)
        {
            var line = child.StandardOutput.ReadLineAsync();
            if (!line.Wait(TimeSpan.FromSeconds(seed == from ? StartSeconds : HangSeconds)))
            {
                child.Kill();
                tries.Add(new(seed, "hangs", HangSeconds, 0));
                return seed + 1;
            }
            if (line.Result?.Split('\t') is not [_, var outcome, var seconds, var peak])
            {
                child.WaitForExit();
                if (child.ExitCode == 2) throw new SecateurException($"bench: {said.Result}");
                tries.Add(new(seed, $"the process ended with {child.ExitCode}: {said.Result.Split('\n')[0]}", 0, 0));
                return seed + 1;
            }
            tries.Add(new(seed, outcome, double.Parse(seconds, CultureInfo.InvariantCulture), double.Parse(peak, CultureInfo.InvariantCulture)));
        }
        child.WaitForExit();
        return to;
    }

    private static double PeakMb() => !OperatingSystem.IsLinux() ? 0
        : double.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal))[6..^2], CultureInfo.InvariantCulture) / 1024;

    private sealed record Try(int Seed, string Outcome, double Seconds, double PeakMb)
    {
        public bool Fault => PeakMb > MostMb || !Enum.TryParse<FuzzOutcome>(Outcome, out _);
    }
}
