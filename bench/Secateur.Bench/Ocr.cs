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
            + $"dense model's. Texts: of the first {Texts} of these lines, those read symbol for symbol as the dense model reads them (of all in brackets), which is the goal's measure; beside it those alike but for "
            + "spaces, as PaddleOCR's own metric counts (RecMetric, ignore_space=True unless told otherwise). Goal: over 97 % of positions, 97 texts.",
            [
                ["model", "sparsity", "positions that agree", $"texts alike, of {Texts}", "but for spaces", "calibration examples at most", "steps of training", "seconds"],
                .. ledger.Cells.Select(cell => (string[])[cell.Key.Split(',')[0], Ledger.Percent(cell.Value["sparsity"]), Ledger.Percent(cell.Value["agreement"]),
                    Counted(cell.Value, "texts"), Counted(cell.Value, "spaceless"), $"{cell.Value["calibration"]:0}", $"{cell.Value["steps"]:0}", $"{cell.Value["seconds"]:0}"]),
            ]);
    }

    private static string Counted(Dictionary<string, double> cell, string what) =>
        cell.TryGetValue(what, out var texts) ? $"{texts:0} ({cell["all-" + what]:0} of {cell["all"]:0})" : "";

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
        var agreement = Evaluator.Run([model, output], others.Whole, new EvaluationSettings { Metric = "agreement", Threads = settings.Int("threads", Environment.ProcessorCount) }, null, default);
        var cell = new Dictionary<string, double>
        {
            ["sparsity"] = result.Sparsity,
            ["agreement"] = agreement.Results[1].Value,
            ["calibration"] = result.Recipe.CalibrationExamples,
            ["steps"] = result.Recipe.Training.Steps ?? 0,
            ["seconds"] = result.Cost.Seconds,
        };
        if (name != "recognizer") return cell;
        var texts = TextsAlike.Of(model, output, others.Whole, Texts, settings.Int("threads", Environment.ProcessorCount));
        (cell["texts"], cell["spaceless"]) = (texts.Strict, texts.Spaceless);
        (cell["all-texts"], cell["all-spaceless"], cell["all"]) = (texts.AllStrict, texts.AllSpaceless, texts.All);
        return cell;
    }

    private static void Draw(string kind, int count, int seed, string folder)
    {
        if (Directory.Exists(folder)) return;
        TextImages.Run(new Settings(["text-images", "--kind", kind, "--count", $"{count}", "--seed", $"{seed}", "--folder", folder]));
    }
}
