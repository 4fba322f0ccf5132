using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Secateur.Architectures;
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
    private static readonly ImmutableArray<double> Targets = [1.15, 1.5, 2];

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
        rows.Add(["", "", "target", "measured again", "off by", "tries"]);
        foreach (var (name, cell) in ledger.Cells)
            foreach (var target in Targets.Where(target => cell.ContainsKey($"search {target} again")))
                rows.Add([name, $"search, found {Times(cell[$"search {target} found"])}", Times(target), Times(cell[$"search {target} again"]), Ledger.Percent(cell[$"search {target} again"] / target - 1), $"{cell[$"search {target} tries"]}"]);
        ledger.Table("Predicted and measured latency", settings.Command,
            $"Speed-ups over the dense model with {threads} threads. `width`: every group at that share, in multiples of 8. `knapsack`: the units of random importance that go for a predicted speed-up. "
            + "`search`: the same, measured and corrected until it meets a target, then measured once more for longer. Times are those that a fifth of the runs keep.", rows);
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
        var whole = new Piece(model.Graph.Nodes[0], model.Graph.Nodes, [.. model.Graph.Inputs.Select(input => input.Name)], [.. model.Graph.Outputs.Select(output => output.Name)]);
        var folder = Directory.CreateTempSubdirectory("secateur-");
        string[] files = [.. candidates.Select(candidate => candidate.Kept).Prepend([.. shrinkage.Units]).Select((kept, index) => Write(kept, $"{index}.onnx"))];
        var times = LatencyBenchmark.Quiet(files, new() { Threads = threads, Least = TimeSpan.FromSeconds(2) }, default);
        Dictionary<string, double> cell = new() { ["groups"] = shrinkage.Units.Length, ["table s"] = seconds, ["knapsack s"] = chosen, ["dense ms"] = times[0], ["table dense ms"] = dense, ["pieces ms"] = latency.Alone };
        foreach (var (index, (what, kept)) in candidates.Index())
        {
            cell[what + " predicted"] = dense / cost.At(kept);
            cell[what + " measured"] = times[0] / times[index + 1];
            cell[what + " macs"] = denseMacs / macs.At(kept);
        }
        var settings = new BenchmarkSettings { Threads = threads, Least = TimeSpan.FromSeconds(1) };
        foreach (var target in Targets)
        {
            try
            {
                var found = SpeedupSearch.Run(target, speed => new Kept(string.Join(' ', Knapsack.Choose(groups, cost, dense / speed, "ms", default).Kept)),
                    kept => SpeedupSearch.Measure(files[0], Write(kept.Units, "candidate.onnx"), settings, default), null, default);
                cell[$"search {target} tries"] = found.Tries.Length;
                cell[$"search {target} found"] = found.Measured;
                cell[$"search {target} again"] = SpeedupSearch.Measure(files[0], Write(found.Candidate.Units, "candidate.onnx"), settings with { Least = TimeSpan.FromSeconds(3) }, default);
            }
            catch (SecateurException e)
            {
                Console.Error.WriteLine(e.Message);
            }
        }
        folder.Delete(recursive: true);
        return cell;

        string Write(int[] kept, string name)
        {
            var file = Path.Combine(folder.FullName, name);
            using var stream = File.Create(file);
            PieceModel.Of(whole, model, shapes, shapes.With(value => shrinkage.ShapeOf(value, kept))).Make().WriteTo(stream);
            return file;
        }
    }

    /// <summary>Counts as a value, so that two equal ones are one candidate.</summary>
    private readonly record struct Kept(string Text)
    {
        public int[] Units => [.. Text.Split(' ').Select(int.Parse)];
    }

    private static int Narrow(int units, double width) => units < 16 ? Math.Max(1, (int)Math.Round(units * width)) : Math.Min(units, Math.Max(8, 8 * (int)Math.Round(units * width / 8)));

    private static string Times(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture) + "x";
}
