using System.Collections.Immutable;
using System.Diagnostics;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Packing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>What a benchmark found.</summary>
public sealed record BenchmarkResult(Machine Machine, ImmutableArray<LatencyResult> Results);

/// <summary>Latency and memory of models in stock ONNX Runtime, the models run in turn, so that whatever slows the machine slows all.</summary>
/// <remarks>
/// A run is timed from its inputs in memory to its outputs in memory. Each round runs every model once and starts with another one.
/// <c>PeakMb</c> is measured apart, one model at a time: what loading the file and running it a few times adds
/// to this process at the highest. The kernel's count is coarse: two measures differ by a megabyte or so, which matters for models of that size.
/// </remarks>
public static class LatencyBenchmark
{
    private const int FewestRounds = 5;
    private const int MostRounds = 100_000;

    /// <param name="models">Paths; the first is the one that the others are compared with.</param>
    /// <param name="settings">Threads, batch, how long.</param>
    /// <param name="progress">Told a few times a second.</param>
    /// <param name="cancel">Looked at before each round.</param>
    /// <exception cref="SecateurException">A model cannot be loaded or run, or fixes another batch.</exception>
    public static BenchmarkResult Run(IReadOnlyList<string> models, BenchmarkSettings settings, IProgress<Progress>? progress, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        (string Path, string? Library)[] contenders = [.. models.SelectMany(model => settings.Provider is not { } library ? [(model, null)] : ProviderModel.Is(model) ? [(model, library)] : new[] { (model, (string?)null), (model, library) })];
        var (inputs, batches) = (new Dictionary<string, Tensor>[contenders.Length], new int[contenders.Length]);
        for (var i = 0; i < contenders.Length; i++) (inputs[i], batches[i]) = Inputs(contenders[i].Path, settings);
        progress?.Report(new("measuring memory", 0));
        Load(contenders[0], inputs[0], settings.Threads); // what the first use of ONNX Runtime takes is no model's
        var peaks = contenders.Zip(inputs, (contender, given) => PeakMemory.Of(() => Load(contender, given, settings.Threads))).ToArray();
        cancel.ThrowIfCancellationRequested();
        return InTurn(contenders, inputs, settings, progress, cancel, (sessions, times) =>
        {
            var medians = times.Select(time => Quantile(time, 0.5)).ToArray();
            return new BenchmarkResult(Machine.This(),
            [
                .. sessions.Select((session, i) => new LatencyResult(session.Path, session.Provider, session.Threads, batches[i], times[i].Count,
                    medians[i], Quantile(times[i], 0.95), peaks[i], medians[0] / medians[i])),
            ]);
        });
    }

    /// <summary>The milliseconds that a fifth of each model's runs keep: nearer than the median to what a quiet machine gives, as what else runs only ever adds. No memory is measured.</summary>
    /// <param name="models">Paths.</param>
    /// <param name="settings">Threads, batch, how long.</param>
    /// <param name="cancel">Looked at before each round.</param>
    /// <exception cref="SecateurException">As for <see cref="Run"/>.</exception>
    internal static double[] Quiet(IReadOnlyList<string> models, BenchmarkSettings settings, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        return InTurn([.. models.Select(model => (model, (string?)null))], [.. models.Select(model => Inputs(model, settings).Inputs)], settings, null, cancel, (_, times) => Array.ConvertAll(times, time => Quantile(time, 0.2)));
    }

    private static T InTurn<T>(
        IReadOnlyList<(string Path, string? Library)> contenders, IReadOnlyList<Dictionary<string, Tensor>> inputs, BenchmarkSettings settings, IProgress<Progress>? progress, CancellationToken cancel,
        Func<List<OrtModel>, List<double>[], T> tell)
    {
        List<OrtModel> sessions = [];
        List<OrtRun> runs = [];
        try
        {
            foreach (var (contender, given) in contenders.Zip(inputs))
            {
                sessions.Add(new OrtModel(contender.Path, settings.Threads, contender.Library));
                runs.Add(sessions[^1].Prepare(given));
            }
            return tell(sessions, Time(runs, settings, progress, cancel));
        }
        finally
        {
            foreach (var run in runs) run.Dispose();
            foreach (var session in sessions) session.Dispose();
        }
    }

    private static (Dictionary<string, Tensor> Inputs, int Batch) Inputs(string path, BenchmarkSettings settings)
    {
        var model = OnnxModel.Load(path);
        var (graph, batch) = (model.Graph, settings.BatchOf(model.Graph));
        if (BenchmarkSettings.Leading(graph) is { Shape: [{ } first, ..] } fixedInput && first != batch)
            throw new SecateurException($"{path}: input {fixedInput} fixes its batch, {batch} was asked for; benchmark with that batch");
        if (settings.Examples is { } examples)
            return (Binding.Of(graph, examples).Bind(examples.Read([.. Enumerable.Range(0, batch).Select(i => i % examples.Count)])), batch);
        using var random = new Generator((ulong)settings.Seed);
        var made = Drawn(input => settings.Shapes?.GetValueOrDefault(input.Name) ?? graph.ShapeWith(input, batch));
        if (!graph.Inputs.Any(input => input.IsOpen && settings.Shapes?.ContainsKey(input.Name) != true) || Runs(path, made)) return (made, batch);
        using var network = new Network(model);
        var seen = Shapes.Of(network, batch, settings.Shapes);
        return (Drawn(input => [.. seen[input.Name]]), batch);

        Dictionary<string, Tensor> Drawn(Func<Value, long[]> shapeOf) => graph.Inputs.ToDictionary(input => input.Name, input =>
        {
            var type = TorchTensors.TypeOf(input.Type);
            return is_floating_point(type) ? rand(shapeOf(input), generator: random).to_type(type) : zeros(shapeOf(input), type);
        });
    }

    private static bool Runs(string path, Dictionary<string, Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        try
        {
            using var model = new OrtModel(path, 1);
            model.Run(inputs);
            return true;
        }
        catch (SecateurException)
        {
            return false; // sound, above all, needs more than one sample
        }
    }

    private static void Load((string Path, string? Library) contender, Dictionary<string, Tensor> inputs, int threads)
    {
        using var model = new OrtModel(contender.Path, threads, contender.Library);
        using var run = model.Prepare(inputs);
        for (var i = 0; i < 3; i++) run.Run();
    }

    private static List<double>[] Time(List<OrtRun> runs, BenchmarkSettings settings, IProgress<Progress>? progress, CancellationToken cancel)
    {
        var times = runs.ConvertAll(_ => new List<double>()).ToArray(); // milliseconds
        for (var round = 0; round < settings.WarmUp; round++)
            foreach (var run in runs) run.Run();
        var (clock, told) = (Stopwatch.StartNew(), TimeSpan.Zero);
        for (var round = 0; round < MostRounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            var spent = clock.Elapsed / runs.Count;
            if (round >= FewestRounds && (spent >= settings.Most || (round >= settings.Rounds && spent >= settings.Least))) break;
            for (var turn = 0; turn < runs.Count; turn++)
            {
                var model = (round + turn) % runs.Count;
                var start = Stopwatch.GetTimestamp();
                runs[model].Run();
                times[model].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            if (clock.Elapsed - told < TimeSpan.FromSeconds(0.2)) continue;
            told = clock.Elapsed;
            progress?.Report(new("measuring latency", Math.Min(0.99, Math.Min(spent / settings.Least, (round + 1.0) / settings.Rounds)), $"round {round + 1}"));
        }
        progress?.Report(new("measuring latency", 1, $"{times[0].Count} rounds"));
        return times;
    }

    /// <summary>The value that a share of all are under; linear between the two nearest.</summary>
    internal static double Quantile(List<double> times, double share)
    {
        var sorted = times.Order().ToArray();
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        return double.Lerp(sorted[below], sorted[Math.Min(below + 1, sorted.Length - 1)], place - below);
    }
}
