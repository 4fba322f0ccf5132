using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Secateur.Architectures;
using Google.Protobuf;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Structure.Budget;
using Secateur.Structure.Latency;

namespace Secateur.Bench;

/// <summary>How near the latency that is predicted from a table of layers comes to that of whole narrower models, measured in turn with the dense one.</summary>
/// <remarks>The narrower models are the dense graph at other widths with random weights: which channels go does not matter for time.</remarks>
internal static class LatencyPrediction
{
    private static readonly ImmutableArray<double> Widths = [0.75, 0.5, 0.25];
    private static readonly ImmutableArray<double> Speedups = [1.5, 2, 3];

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var threads = settings.Int("threads", 1);
        var (folder, only) = (settings.Text("folder", Path.Combine("out", "data", "latency")), settings.Text("model", ""));
        List<string[]> rows = [["model", "what", "predicted speed-up", "measured", "off by", "MAC ratio"]];
        foreach (var path in Models(folder).Where(path => path.Contains(only, StringComparison.Ordinal)))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            var cell = ledger.Cell($"{name}, {threads} threads", settings.Command, () => Measure(path, threads));
            foreach (var what in cell.Keys.Where(key => key.EndsWith(" measured", StringComparison.Ordinal)).Select(key => key[..^" measured".Length]))
            {
                var (predicted, measured) = (cell[what + " predicted"], cell[what + " measured"]);
                rows.Add([name, what, Times(predicted), Times(measured), Ledger.Percent(predicted / measured - 1), Times(cell[what + " macs"])]);
            }
        }
        ledger.Table("Predicted and measured latency", settings.Command,
            $"Speed-ups over the dense model with {threads} threads. `width`: every group at that share, in multiples of 8. `knapsack`: the units of random importance that go for a predicted speed-up.", rows);
    }

    /// <summary>Three architectures of ours, then whatever the folder holds.</summary>
    private static IEnumerable<string> Models(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, shape) in new (string, ImmutableArray<long>)[] { ("resnet-20", [1, 28, 28]), ("mobilenet-v2-small", [3, 32, 32]), ("vit-small", [1, 28, 28]) })
            if (Architecture.All.TryGetValue(name, out var architecture)) architecture.Build(new() { InputShape = shape, Classes = 10 }, 1).Save(Path.Combine(folder, name + ".onnx"));
        return Directory.EnumerateFiles(folder, "*.onnx").Order(StringComparer.Ordinal).ToArray();
    }

    private static Dictionary<string, double> Measure(string path, int threads)
    {
        var model = OnnxModel.Load(path);
        using var network = new Network(model);
        var shapes = Shapes.Of(network, inputs: model.Graph.Inputs.FirstOrDefault(input => input.IsOpen && path.Contains("rec", StringComparison.Ordinal)) is { } line
            ? new Dictionary<string, long[]> { [line.Name] = [1, 3, 48, 320] } : null);
        using var map = StructureMap.Of(network);
        var shrinkage = Shrinkage.Of(map, shapes);
        var clock = Stopwatch.StartNew();
        var latency = new LatencyModel(path, model, shapes, shrinkage, LatencyTable.Own(threads, Path.Combine("out", "bench", $"latency-{threads}.json")));
        latency.Measure(null, default);
        var seconds = clock.Elapsed.TotalSeconds;
        var (cost, macs) = (latency.ToCost(), Costs.Macs(model, shapes, shrinkage));
        var (dense, denseMacs) = (cost.At([.. shrinkage.Units]), macs.At([.. shrinkage.Units]));
        List<(string What, int[] Kept)> candidates = [.. Widths.Select(width => ($"width {width}", shrinkage.Units.Select(units => Narrow(units, width)).ToArray()))];
        var random = new Random(1);
        UnitGroup[] groups = [.. shrinkage.Units.Select(units => new UnitGroup(Enumerable.Range(0, units).Select(_ => random.NextDouble()), Narrow(units, 0.1), units < 16 ? 1 : 8))];
        clock.Restart();
        foreach (var speedup in Speedups)
        {
            try
            {
                candidates.Add(($"knapsack {speedup.ToString(CultureInfo.InvariantCulture)}", [.. Knapsack.Choose(groups, cost, dense / speedup, "ms", default).Kept]));
            }
            catch (SecateurException e)
            {
                Console.Error.WriteLine(e.Message);
            }
        }
        var chosen = clock.Elapsed.TotalSeconds;
        var whole = new Piece(model.Graph.Nodes, [.. model.Graph.Inputs.Select(input => input.Name)], [.. model.Graph.Outputs.Select(output => output.Name)]);
        var folder = Directory.CreateTempSubdirectory("secateur-");
        string[] files = [.. candidates.Select(candidate => candidate.Kept).Prepend([.. shrinkage.Units]).Select((kept, index) =>
        {
            var file = Path.Combine(folder.FullName, $"{index}.onnx");
            using var stream = File.Create(file);
            PieceModel.Of(whole, model, shapes, shapes.With(value => shrinkage.ShapeOf(value, kept))).Make().WriteTo(stream);
            return file;
        })];
        var results = LatencyBenchmark.Run(files, new() { Threads = threads, Least = TimeSpan.FromSeconds(1.5) }, null, default).Results;
        folder.Delete(recursive: true);
        Dictionary<string, double> cell = new() { ["groups"] = shrinkage.Units.Length, ["table s"] = seconds, ["knapsack s"] = chosen, ["dense ms"] = results[0].MedianMs, ["table dense ms"] = dense, ["pieces ms"] = latency.Alone };
        foreach (var (index, (what, kept)) in candidates.Index())
        {
            cell[what + " predicted"] = dense / cost.At(kept);
            cell[what + " measured"] = results[index + 1].Speedup;
            cell[what + " macs"] = denseMacs / macs.At(kept);
        }
        return cell;
    }

    private static int Narrow(int units, double width) => units < 16 ? Math.Max(1, (int)Math.Round(units * width)) : Math.Min(units, Math.Max(8, 8 * (int)Math.Round(units * width / 8)));

    private static string Times(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture) + "x";
}
