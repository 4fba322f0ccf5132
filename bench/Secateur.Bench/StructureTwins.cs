using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Bench;

/// <summary>Each file of a folder cut to a share of its work by the main job, beside the twin that the same run writes. Makes bench/results/structure-twins.md.</summary>
internal static class StructureTwins
{
    private const string Results = "bench/results/structure-twins";

    /// <summary>Rows of earlier runs stay; delete the JSON to measure them anew.</summary>
    public static void Run(Settings settings)
    {
        var folder = settings.Text("folder", "out/models");
        if (!Directory.Exists(folder)) throw new SecateurException($"{folder}: no such folder; export models into it with bench/peer/export.py families, or name another with --folder");
        var rows = File.Exists(Results + ".json") ? JsonSerializer.Deserialize<SortedDictionary<string, Report>>(File.ReadAllText(Results + ".json"), Json.Options)! : [];
        foreach (var file in Directory.GetFiles(folder, "*.onnx", new EnumerationOptions { RecurseSubdirectories = true }).Order(StringComparer.Ordinal))
        {
            if (rows.ContainsKey(AnyModel.Name(file))) continue;
            var row = Child(file, settings);
            rows[row.Model] = row;
            Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {row}");
            AtomicFile.WriteText(Results + ".json", JsonSerializer.Serialize(rows, Json.Options) + "\n");
        }
        Write(rows.Values, settings);
    }

    private static void Write(IReadOnlyCollection<Report> rows, Settings settings)
    {
        Report[] cut = [.. rows.Where(row => row.Refused is null)];
        AtomicFile.WriteText(Results + ".md", string.Join('\n',
        [
            "# Cut, and its twin",
            "",
            $"`{settings.Command}`, {DateTime.UtcNow:yyyy-MM-dd}, on {Machine.This()}. {cut.Count(row => row.Passes)} of {cut.Length} that were cut equal their twins, {rows.Count - cut.Length} of {rows.Count} are refused.",
            "",
            $"`prune MODEL --granularity {settings.Text("granularity", "channel")} --macs {Share(settings):0 %} --masked TWIN` without data, by magnitude, on the files that bench/README.md names. The smaller model and its twin, the whole one with zeros wherever a removed unit is read,",
            "are run in ONNX Runtime on random inputs of four seeds: *error* is the largest difference of the two, *ours* that of our own run of the smaller one, *effect* how far the twin is from the dense model (0 would say that nothing was tested), all",
            "relative to the largest output; equal are those within 1e-3, as in docs/models.md. A model is refused in one line where so much cannot go.",
            "",
            "| model | parameters, M | MACs left | error | ours | effect | |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            .. rows.Select(row => row.ToString()),
        ]) + "\n");
    }

    private static double Share(Settings settings) => settings.Numbers("sparsity", 0.6)[0];

    /// <summary>The measured process: one model, a line of JSON.</summary>
    public static void Child(Settings settings)
    {
        var file = settings.Text("model", "");
        var report = new Report { Model = AnyModel.Name(file) };
        var folder = Directory.CreateTempSubdirectory("secateur-twins-").FullName;
        try
        {
            Measure(file, folder, settings, report);
        }
        catch (SecateurException e)
        {
            report.Refused = e.Message.Replace(file, report.Model, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        Console.WriteLine(JsonSerializer.Serialize(report, new JsonSerializerOptions(Json.Options) { WriteIndented = false }));
    }

    private static Report Child(string file, Settings settings)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(StructureTwins).Assembly.Location, "structure-twins-child", "--model", file, "--threads", "1",
            "--granularity", settings.Text("granularity", "channel"), "--sparsity", Share(settings).ToString(CultureInfo.InvariantCulture)])
        { RedirectStandardOutput = true })!;
        var said = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 ? JsonSerializer.Deserialize<Report>(said.Split('\n')[^2], Json.Options)! : new() { Model = AnyModel.Name(file), Refused = $"the process ended with {child.ExitCode}" };
    }

    private static void Measure(string file, string folder, Settings settings, Report report)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (smaller, twin) = (Path.Combine(folder, "smaller.onnx"), Path.Combine(folder, "twin.onnx"));
        var result = Pruner.For(file).With(new Recipe { Granularity = settings.Text("granularity", "channel"), Macs = Share(settings) }).Run(null, smaller, new() { Benchmark = false, Masked = twin });
        (report.Parameters, report.Macs) = (result.Output.Parameters, (double)result.Output.Macs / result.Input.Macs);
        using OrtModel dense = new(file, 1), one = new(smaller, 1), other = new(twin, 1);
        using var network = new Network(OnnxModel.Load(smaller));
        for (var seed = 1; seed <= 4; seed++)
        {
            var inputs = ExampleInputs.Of(network, report.Model, seed);
            var (a, b, c) = (one.Run(inputs), other.Run(inputs), dense.Run(inputs));
            report.Error = Math.Max(report.Error, Likeness.Of(b, a).Error);
            report.Own = Math.Max(report.Own, Likeness.Of(a, network.Run(inputs)).Error);
            report.Effect = Math.Max(report.Effect, RemovalLaw.Difference(c, b));
        }
    }

    private sealed class Report
    {
        public string Model { get; set; } = "";
        public long Parameters { get; set; }
        public double Macs { get; set; }
        public double Error { get; set; }
        public double Own { get; set; }
        public double Effect { get; set; }
        public string? Refused { get; set; }

        public bool Passes => Refused is null && Error < 1e-3 && Own < 1e-3 && Effect > 1e-3 + (10 * Error);

        public override string ToString() => Refused is not null ? $"| {Model} | | | | | | refused: {Refused.Replace('|', '/')} |" : string.Create(CultureInfo.InvariantCulture,
            $"| {Model} | {Parameters / 1e6:0.00} | {Macs:0 %} | {Error:0.0e+0} | {Own:0.0e+0} | {Effect:0.000} | {(Passes ? "equal" : "differs")} |");
    }
}
