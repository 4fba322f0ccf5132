using System.Diagnostics;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Structure.Latency;

/// <summary>Times small models in stock ONNX Runtime, in turn, as robustly as a busy machine allows.</summary>
/// <remarks>
/// Taken is the time that a fifth of a model's runs keep: what else the machine does only ever adds. What a run of an empty graph takes is
/// subtracted. Where half of the runs took much longer than that fifth, more are made.
/// </remarks>
internal static class PieceTimer
{
    private const int RunsInTurn = 3;
    private const int FewestRuns = 6;
    private const double LeastMs = 10; // of runs, for each model
    private const double Patience = 4; // times the least runs and time, on a busy machine
    private const double Calm = 1.15; // median over the fifth
    private const double Low = 0.2;

    /// <param name="models">Made one after the other, then run in turn.</param>
    /// <param name="threads">Of ONNX Runtime; 0 takes every core.</param>
    /// <param name="cancel">Looked at before each turn.</param>
    /// <param name="whole">Whether nothing is subtracted.</param>
    /// <returns>Milliseconds, at least 0; null where ONNX Runtime does not run the model.</returns>
    public static double?[] Time(IReadOnlyList<Func<ModelProto>> models, int threads, CancellationToken cancel, bool whole = false)
    {
        using var scope = NewDisposeScope();
        var folder = Directory.CreateTempSubdirectory("secateur-");
        List<OrtModel> sessions = [];
        List<(OrtRun Run, List<double> Times)> runs = [];
        try
        {
            var places = new int[models.Count]; // among the runs; -1 where it does not run
            Add(Empty());
            for (var i = 0; i < models.Count; i++)
            {
                cancel.ThrowIfCancellationRequested();
                places[i] = Add(models[i]()) ? runs.Count - 1 : -1;
            }
            RunAll(runs, cancel);
            var empty = whole ? 0 : LatencyBenchmark.Quantile(runs[0].Times, Low);
            return [.. places.Select(place => place < 0 ? (double?)null : Math.Max(0, LatencyBenchmark.Quantile(runs[place].Times, Low) - empty))];
        }
        finally
        {
            foreach (var (run, _) in runs) run.Dispose();
            foreach (var session in sessions) session.Dispose();
            folder.Delete(recursive: true);
        }

        bool Add(ModelProto model)
        {
            try
            {
                var file = Path.Combine(folder.FullName, "model.onnx");
                using (var stream = File.Create(file)) model.WriteTo(stream);
                sessions.Add(new OrtModel(file, threads));
                var run = sessions[^1].Prepare(Inputs(model));
                run.Run();
                runs.Add((run, []));
                return true;
            }
            catch (Exception e) when (e is SecateurException or OnnxRuntimeException or InvalidOperationException)
            {
                return false;
            }
        }
    }

    /// <summary>What a run takes of a graph that computes nothing.</summary>
    public static double EmptyRun(int threads, CancellationToken cancel) => Time([Empty], threads, cancel, whole: true)[0]!.Value;

    /// <summary>The whole model in the same way, on random numbers; nothing is subtracted.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="graph">What it holds.</param>
    /// <param name="shapes">Of its inputs.</param>
    /// <param name="threads">Of ONNX Runtime; 0 takes every core.</param>
    /// <param name="cancel">Looked at before each turn.</param>
    public static double Whole(string path, Graph graph, Shapes shapes, int threads, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        using var session = new OrtModel(path, threads);
        using var run = session.Prepare(graph.Inputs.ToDictionary(input => input.Name, input => Random([.. shapes[input.Name]], input.Type)));
        List<double> times = [];
        for (var turn = 0; turn < 5; turn++) RunAll([(run, times)], cancel);
        return LatencyBenchmark.Quantile(times, Low);
    }

    private static void RunAll(IReadOnlyList<(OrtRun Run, List<double> Times)> runs, CancellationToken cancel)
    {
        var spent = new double[runs.Count];
        foreach (var (run, _) in runs)
            for (var i = 0; i < RunsInTurn; i++) run.Run();
        for (var busy = true; busy;)
        {
            busy = false;
            foreach (var (index, (run, times)) in runs.Index())
            {
                if (IsEnough(times, spent[index])) continue;
                cancel.ThrowIfCancellationRequested();
                busy = true;
                for (var i = 0; i < RunsInTurn; i++)
                {
                    var start = Stopwatch.GetTimestamp();
                    run.Run();
                    times.Add((Stopwatch.GetTimestamp() - start) * 1e3 / Stopwatch.Frequency); // a TimeSpan counts no less than 100 ns
                    spent[index] += times[^1];
                }
            }
        }
    }

    private static bool IsEnough(List<double> times, double spent)
    {
        if (times.Count < FewestRuns || spent < LeastMs) return false;
        return (times.Count >= Patience * FewestRuns && spent >= Patience * LeastMs) || LatencyBenchmark.Quantile(times, 0.5) <= Calm * LatencyBenchmark.Quantile(times, Low);
    }

    private static Dictionary<string, Tensor> Inputs(ModelProto model) => model.Graph.Input.ToDictionary(input => input.Name, input =>
        Random([.. input.Type.TensorType.Shape.Dim.Select(size => size.DimValue)], (DataType)input.Type.TensorType.ElemType));

    private static Tensor Random(long[] shape, DataType type)
    {
        var own = TorchTensors.TypeOf(type);
        using var random = new Generator(1);
        return is_floating_point(own) ? rand(shape, generator: random).to_type(own) : zeros(shape, own);
    }

    private static ModelProto Empty()
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 1 } } };
        var type = new TypeProto { TensorType = new() { ElemType = (int)DataType.Float, Shape = shape } };
        return new()
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 17 } },
            Graph = new GraphProto
            {
                Name = "empty",
                Node = { new NodeProto { OpType = "Identity", Input = { "x" }, Output = { "y" } } },
                Input = { new ValueInfoProto { Name = "x", Type = type } },
                Output = { new ValueInfoProto { Name = "y", Type = type } },
            },
        };
    }
}
