using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Secateur.Evaluation;

namespace Secateur.Bench;

/// <summary>Two sessions of stock ONNX Runtime, without the provider and with it, run in turn: of one file, or of a dense one and its pruned kin.</summary>
internal static class SparsePair
{
    private static readonly Lazy<string> Library = new(Build);
    private static readonly Lazy<OrtEpDevice> Device = new(Register);

    /// <summary>Times as fast with the provider: the median of all rounds, and what a tenth of them are below and above; microseconds of both.</summary>
    /// <param name="path">The file.</param>
    /// <param name="batch">For an open batch.</param>
    /// <param name="threads">Of each session.</param>
    /// <param name="seconds">For both.</param>
    /// <param name="other">The file for the provider, where it is another.</param>
    /// <param name="values">The provider's option.</param>
    /// <param name="force">Likewise.</param>
    public static Dictionary<string, double> Measure(string path, int batch, int threads, double seconds, string? other = null, string values = "float32", bool force = false)
    {
        using var stock = new Bound(path, batch, threads, null);
        using var ours = new Bound(other ?? path, batch, threads, Device.Value, ("values", values), ("force", force ? "1" : "0"));
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 3 || (i < 50 && clock.Elapsed.TotalSeconds < seconds / 4); i++)
        {
            stock.Run();
            ours.Run();
        }
        List<double> dense = [], sparse = [];
        clock.Restart();
        while (dense.Count < 15 || (dense.Count < 20_000 && clock.Elapsed.TotalSeconds < seconds))
        {
            dense.Add(stock.Run());
            sparse.Add(ours.Run());
        }
        var ratios = dense.Zip(sparse, (left, right) => left / right).ToList();
        return new()
        {
            [$"faster, {threads} threads"] = LatencyBenchmark.Quantile(dense, 0.5) / LatencyBenchmark.Quantile(sparse, 0.5),
            [$"low, {threads} threads"] = LatencyBenchmark.Quantile(ratios, 0.1),
            [$"high, {threads} threads"] = LatencyBenchmark.Quantile(ratios, 0.9),
            [$"stock us, {threads} threads"] = LatencyBenchmark.Quantile(dense, 0.5),
            [$"ours us, {threads} threads"] = LatencyBenchmark.Quantile(sparse, 0.5),
            [$"off, {threads} threads"] = ours.Off(stock),
        };
    }

    /// <summary>What it takes to open a session and to get a first answer, in seconds, and by how much the process has grown, at its highest and in the end, in megabytes.</summary>
    public static (double Seconds, double Answer, double Peak, double Resident) Open(string path, bool provider)
    {
        (_, _) = (Library.Value, OrtEnv.Instance()); // both ways alike
        GC.Collect();
        var before = Resident();
        if (provider) _ = Device.Value;
        var clock = Stopwatch.StartNew();
        using var session = new Bound(path, 1, 1, provider ? Device.Value : null);
        var seconds = clock.Elapsed.TotalSeconds;
        session.Run();
        return (seconds, clock.Elapsed.TotalSeconds, Resident("VmHWM:") - before, Resident() - before);
    }

    /// <summary>Megabytes of this process.</summary>
    public static double Resident(string field = "VmRSS:") => double.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal))[field.Length..^3], System.Globalization.CultureInfo.InvariantCulture) / 1024;

    private static string Build()
    {
        using var script = Process.Start(new ProcessStartInfo("build/provider.sh") { RedirectStandardOutput = true })!;
        var library = script.StandardOutput.ReadToEnd().Trim();
        script.WaitForExit();
        return script.ExitCode == 0 ? library : throw new SecateurException("bench: build/provider.sh failed, see above");
    }

    private static OrtEpDevice Register()
    {
        OrtEnv.Instance().RegisterExecutionProviderLibrary("secateur", Library.Value);
        return OrtEnv.Instance().GetEpDevices().First(device => device.EpName == "SecateurExecutionProvider");
    }

    /// <summary>A session whose inputs and outputs stay where they are.</summary>
    private sealed class Bound : IDisposable
    {
        private readonly InferenceSession _session;
        private readonly OrtIoBinding _binding;
        private readonly RunOptions _once = new();
        private readonly OrtValue _input, _output;

        public Bound(string path, int batch, int threads, OrtEpDevice? provider, params IEnumerable<(string Key, string Value)> asked)
        {
            using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            options.AddSessionConfigEntry("session.force_spinning_stop", "1"); // the two must not fight for cores
            if (provider is not null) options.AppendExecutionProvider(OrtEnv.Instance(), [provider], asked.ToDictionary(option => option.Key, option => option.Value));
            _session = new(path, options);
            var random = new Random(1);
            var (name, shape) = (_session.InputNames[0], _session.InputMetadata.Values.First().Dimensions.Select(size => (long)(size < 0 ? batch : size)).ToArray());
            _input = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, shape);
            foreach (ref var value in _input.GetTensorMutableDataAsSpan<float>()) value = random.NextSingle() - 0.5f;
            _output = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float,
                [.. _session.OutputMetadata.Values.First().Dimensions.Select(size => (long)(size < 0 ? batch : size))]);
            _binding = _session.CreateIoBinding();
            _binding.BindInput(name, _input);
            _binding.BindOutput(_session.OutputNames[0], _output);
        }

        /// <summary>Microseconds.</summary>
        public double Run()
        {
            var start = Stopwatch.GetTimestamp();
            _session.RunWithBinding(_once, _binding);
            return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        /// <summary>The greatest difference from another's output, over its greatest size.</summary>
        public double Off(Bound other)
        {
            var mine = _output.GetTensorDataAsSpan<float>();
            var others = other._output.GetTensorDataAsSpan<float>();
            var (off, most) = (0.0, 1e-30);
            for (var i = 0; i < mine.Length; i++) (off, most) = (Math.Max(off, Math.Abs(mine[i] - others[i])), Math.Max(most, Math.Abs(others[i])));
            return off / most;
        }

        public void Dispose()
        {
            _binding.Dispose();
            _input.Dispose();
            _output.Dispose();
            _session.Dispose();
            _once.Dispose();
        }
    }
}
