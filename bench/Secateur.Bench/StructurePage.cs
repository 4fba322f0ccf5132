using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Bench;

/// <summary>What can be removed of each architecture, what is held and by which node, how exact the removal is, and what half of it brings. Makes docs/architectures.md.</summary>
internal static class StructurePage
{
    private const string Page = "docs/architectures.md";

    public static void Run(Settings settings)
    {
        var names = settings.Text("model", "") is { Length: > 0 } only ? [.. only.Split(',')] : Skeletons.All;
        var rows = names.Select(name => Row(name, settings)).ToArray();
        File.WriteAllLines(Page,
        [
            "# Architectures",
            "",
            $"`{settings.Command}`, {DateTime.UtcNow:yyyy-MM-dd}, on {Machine.This()}, one thread. {rows.Count(row => row.Passes)} of {rows.Length} pass.",
            "",
            "The graphs are real exports, their weights drawn from a seed (`tests/Secateur.Testing/Skeletons`). *Units* can be removed one by one: channels and neurons, heads, and elements of heads; *prunable* is the",
            "share of all parameters on whose axes some stand. At 10, 30, 50 and 70 % of every group, drawn at random, the smaller model is run on " + $"{settings.Int("count", 32)} inputs in ONNX Runtime beside its twin, the whole model with",
            "zeros wherever a removed unit is read (*error*, the largest difference relative to the largest output), and beside our own run of it (*ours*). *Effect* is how far the twin is from the dense model: 0 would say",
            "that nothing was tested. *Faster* is the speed of ONNX Runtime with half of every group gone (widths at random multiples, nothing rounded), the two in turn.",
            "",
            "| model | parameters | groups | units | prunable | error | ours | effect | MACs at half | faster | seconds to look | |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
            .. rows.Select(row => row.ToString()),
            "",
            "## What stays whole, and which node says so",
            "",
            "Axes of inputs and outputs of a model always stay; they are left out here.",
            "",
            .. rows.SelectMany(row => row.Held.Where(held => !held.Contains("axis of the model's", StringComparison.Ordinal)).Take(4).Select(held => $"- {row.Model}: {held}")),
        ]);
    }

    private static Report Row(string name, Settings settings)
    {
        var ready = Path.Combine("out", "bench", "architectures", name + ".json");
        if (File.Exists(ready)) return JsonSerializer.Deserialize<Report>(File.ReadAllText(ready))!;
        Console.Error.Write($"{DateTime.Now:HH:mm:ss} {name}: ");
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(StructurePage).Assembly.Location, "architectures-child", "--model", name, "--threads", "1", "--count", $"{settings.Int("count", 32)}"])
        { RedirectStandardOutput = true })!;
        var said = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        var report = child.ExitCode == 0 ? JsonSerializer.Deserialize<Report>(said.Split('\n')[^2])! : new Report { Model = name, Fault = $"the process ended with {child.ExitCode}" };
        Console.Error.WriteLine(report.ToString());
        Directory.CreateDirectory(Path.GetDirectoryName(ready)!);
        File.WriteAllText(ready, JsonSerializer.Serialize(report));
        return report;
    }

    /// <summary>The measured process: one skeleton or file, a line of JSON.</summary>
    public static void Child(Settings settings)
    {
        var name = settings.Text("model", "");
        var report = new Report { Model = Path.GetFileNameWithoutExtension(name) };
        try
        {
            if (File.Exists(name)) Measure(OnnxModel.Load(name), null, settings, report);
            else
            {
                var model = Skeletons.Load(name);
                Measure(model, seed => Skeletons.Inputs(name, model, 1, seed), settings, report);
            }
        }
        catch (SecateurException e)
        {
            report.Fault = e.Message;
        }
        Console.WriteLine(JsonSerializer.Serialize(report));
    }

    private static void Measure(OnnxModel model, Func<int, Dictionary<string, Tensor>>? feed, Settings settings, Report report)
    {
        using var network = new Network(model);
        var clock = Stopwatch.StartNew();
        using var map = StructureMap.Of(network);
        report.Seconds = clock.Elapsed.TotalSeconds;
        Group[] free = [.. map.Groups.Where(group => group.Held is null)];
        report.Groups = string.Join(", ", free.GroupBy(group => group.Kind.Word()).Select(kind => $"{kind.Count()} {kind.Key}"));
        report.Units = free.Sum(group => group.Size);
        report.Parameters = network.Parameters.Values.Sum(parameter => parameter.numel());
        var touched = free.SelectMany(group => group.Members.Select(axis => axis.Tensor)).ToHashSet();
        report.Prunable = network.Parameters.Where(parameter => touched.Contains(parameter.Key)).Sum(parameter => parameter.Value.numel()) / (double)report.Parameters;
        report.Held = [.. map.Groups.Where(group => group.Held is not null).GroupBy(group => group.Held!).OrderByDescending(held => held.Count())
            .Select(held => $"{held.Count()} of size {string.Join("/", held.Select(group => group.Size).Distinct().Order())}: {held.Key}")];
        var folder = Path.Combine("out", "bench", "architectures", report.Model);
        foreach (var share in settings.Numbers("sparsities", 0.1, 0.3, 0.5, 0.7))
            report.Outcomes.Add(RemovalLaw.Check(map, share, settings.Int("seed", 1), settings.Int("count", 2), folder, feed: feed));
        Speed(map, free, folder, report);
        Directory.Delete(folder, recursive: true);
    }

    private static void Speed(StructureMap map, Group[] free, string folder, Report report)
    {
        var kept = free.ToDictionary(group => group.Dimension, group => Enumerable.Range(0, (int)group.Size).Select(unit => unit < (group.Size + 1) / 2).ToArray());
        var (dense, half) = (Path.Combine(folder, "dense.onnx"), Path.Combine(folder, "half.onnx"));
        new OnnxModel(map.Network.Model.Proto.Clone()).Save(dense);
        new Removal(map, kept).Apply(map.Network.Model).Save(half);
        var shapes = map.Network.Graph.Inputs.ToDictionary(input => input.Name, input => map.Settings[0].Shapes[input.Name].ToArray());
        report.Faster = LatencyBenchmark.Run([dense, half], new BenchmarkSettings { Threads = 1, Shapes = shapes, Least = TimeSpan.FromSeconds(1), Rounds = 20 }, null, default).Results[1].Speedup;
        report.Macs = (double)ModelFile.Facts(half, shapes).Macs / ModelFile.Facts(dense, shapes).Macs;
    }

    private sealed class Report
    {
        public string Model { get; set; } = "";
        public double Seconds { get; set; }
        public string Groups { get; set; } = "";
        public long Units { get; set; }
        public long Parameters { get; set; }
        public double Prunable { get; set; }
        public double Macs { get; set; }
        public double Faster { get; set; }
        public string[] Held { get; set; } = [];
        public List<RemovalLaw.Outcome> Outcomes { get; set; } = [];
        public string? Fault { get; set; }

        public bool Passes => Fault is null && Outcomes.All(outcome => outcome.Error < 1e-4 && outcome.Own < 1e-3 && outcome.Effect > 1e-3);

        public override string ToString() => Fault is not null ? $"| {Model} | | | | | | | | | | | {Fault.Replace('|', '/')} |" : string.Create(CultureInfo.InvariantCulture,
            $"| {Model} | {Parameters / 1e6:0.0} M | {Groups} | {Units} | {Prunable:0.0 %} | {Outcomes.Max(outcome => outcome.Error):0.0e+0} | {Outcomes.Max(outcome => outcome.Own):0.0e+0} | {Outcomes.Min(outcome => outcome.Effect):0.000} | {Macs:0 %} | {Faster:0.00}x | {Seconds:0.0} | {(Passes ? "passes" : "fails")} |");
    }
}
