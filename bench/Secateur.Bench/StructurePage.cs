using System.Diagnostics;
using System.Text.Json;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Testing;

namespace Secateur.Bench;

/// <summary>What can be removed of each architecture, what is held and by which node, how exact the removal is, and what half of it brings. Makes docs/architectures.md.</summary>
internal static class StructurePage
{
    /// <summary>The measured process: one model, a line of JSON.</summary>
    public static void Child(Settings settings)
    {
        var path = settings.Text("model", "");
        var report = new Report { Model = Path.GetFileNameWithoutExtension(path) };
        try
        {
            Measure(OnnxModel.Load(path), settings, report);
        }
        catch (SecateurException e)
        {
            report.Fault = e.Message;
        }
        Console.WriteLine(JsonSerializer.Serialize(report));
    }

    private static void Measure(OnnxModel model, Settings settings, Report report)
    {
        using var network = new Network(model);
        var clock = Stopwatch.StartNew();
        using var map = StructureMap.Of(network);
        report.Seconds = clock.Elapsed.TotalSeconds;
        report.Groups = map.Groups.Count(group => group.Held is null);
        report.Units = map.Groups.Where(group => group.Held is null).Sum(group => group.Size);
        report.Kinds = string.Join(", ", map.Groups.Where(group => group.Held is null).GroupBy(group => group.Kind.Word()).Select(kind => $"{kind.Key} {kind.Count()}"));
        report.Held = [.. map.Groups.Where(group => group.Held is not null).GroupBy(group => group.Held!).OrderByDescending(held => held.Count()).Select(held => $"{held.Count()} of size {string.Join("/", held.Select(group => group.Size).Distinct().Order())}: {held.Key}")];
        var folder = Path.Combine("out", "bench", "architectures", report.Model);
        foreach (var share in settings.Numbers("sparsities", 0.1, 0.3, 0.5, 0.7))
        {
            var outcome = RemovalLaw.Check(map, share, seed: settings.Int("seed", 1), examples: settings.Int("count", 2), folder);
            report.Outcomes.Add(outcome);
        }
    }

    private sealed class Report
    {
        public string Model { get; set; } = "";
        public double Seconds { get; set; }
        public int Groups { get; set; }
        public long Units { get; set; }
        public string Kinds { get; set; } = "";
        public string[] Held { get; set; } = [];
        public List<RemovalLaw.Outcome> Outcomes { get; set; } = [];
        public string? Fault { get; set; }
    }
}
