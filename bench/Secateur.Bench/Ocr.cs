using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Onnx;

namespace Secateur.Bench;

/// <summary>PP-OCR's recognizer and detector pruned from pictures without labels by the defaults, judged on other pictures: positions that agree, texts that are read alike.</summary>
internal static class Ocr
{
    private const int Texts = 100;

    public static void Run(Settings settings)
    {
        var ledger = new Ledger("ocr");
        var sparsity = settings.Numbers("sparsity", 0.7)[0];
        var (models, data) = ("out/data/ocr-models", "out/data");
        Draw("lines", 480, 1, $"{data}/lines");
        Draw("lines", 200, 2, $"{data}/other-lines");
        Draw("pages", 120, 1, $"{data}/pages");
        Draw("pages", 60, 2, $"{data}/other-pages");
        foreach (var (name, model, train, other) in (ReadOnlySpan<(string, string, string, string)>)
            [("recognizer", "ch_PP-OCRv4_rec_infer.onnx", "lines", "other-lines"), ("detector", "ch_PP-OCRv4_det_infer.onnx", "pages", "other-pages")])
            ledger.Cell(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}, {sparsity:0.##}"), settings.Command, () => Measure(Path.Combine(models, model), Path.Combine(data, train), Path.Combine(data, other), name, sparsity, settings));
        ledger.Table("PP-OCR's recognizer and detector pruned without labels", settings.Command,
            "480 drawn lines of text (120 pages for the detector) prune and teach, without labels and by the defaults; 200 other lines (60 pages) judge, in ONNX Runtime. Positions: the share at which the answer is the "
            + $"dense model's. Texts: of the first {Texts} of these lines, those read symbol for symbol as the dense model reads them. Goal: over 97 % of positions, 97 texts.",
            [
                ["model", "sparsity", "positions that agree", $"texts alike, of {Texts}", "calibration examples at most", "steps of training", "seconds"],
                .. ledger.Cells.Select(cell => (string[])[cell.Key.Split(',')[0], Ledger.Percent(cell.Value["sparsity"]), Ledger.Percent(cell.Value["agreement"]),
                    cell.Value.TryGetValue("texts", out var texts) ? $"{texts:0}" : "", $"{cell.Value["calibration"]:0}", $"{cell.Value["steps"]:0}", $"{cell.Value["seconds"]:0}"]),
            ]);
    }

    private static Dictionary<string, double> Measure(string model, string train, string other, string name, double sparsity, Settings settings)
    {
        var output = Path.Combine("out", "bench", "ocr", $"{name}-{sparsity}.onnx");
        Directory.CreateDirectory(Path.GetDirectoryName(output)!);
        var graph = () => OnnxModel.Load(model).Graph;
        using var data = DataSet.Open(train, new DataOptions { For = graph }, default);
        var recipe = new Recipe { Sparsity = sparsity };
        if (settings.Int("steps", -1) is >= 0 and var steps) recipe = recipe with { Training = recipe.Training with { Steps = steps } };
        if (settings.Int("calibration", 0) is > 0 and var count) recipe = recipe with { CalibrationExamples = count };
        var result = Pruner.For(model).With(recipe).Run(data, output, new PruneOptions { Benchmark = false, Command = settings.Command }, new Accuracy.Lines());
        using var others = DataSet.Open(other, new DataOptions { For = graph }, default);
        double Value(Examples examples, string metric) => Evaluator.Run([model, output], examples, new EvaluationSettings { Metric = metric, Threads = settings.Int("threads", Environment.ProcessorCount) }, null, default).Results[1].Value;
        var cell = new Dictionary<string, double>
        {
            ["sparsity"] = result.Sparsity,
            ["agreement"] = Value(others.Whole, "agreement"),
            ["calibration"] = result.Recipe.CalibrationExamples,
            ["steps"] = result.Recipe.Training.Steps ?? 0,
            ["seconds"] = result.Cost.Seconds,
        };
        using var first = new Subset(others.Whole, [.. Enumerable.Range(0, Texts).Select(index => (long)index)]);
        if (name == "recognizer") cell["texts"] = Math.Round(Texts * Value(first, "text-agreement"));
        return cell;
    }

    private static void Draw(string kind, int count, int seed, string folder)
    {
        if (Directory.Exists(folder)) return;
        TextImages.Run(new Settings(["text-images", "--kind", kind, "--count", $"{count}", "--seed", $"{seed}", "--folder", folder]));
    }
}
