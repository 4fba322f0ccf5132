using Secateur.Data;
using Secateur.Evaluation;

namespace Secateur.Bench;

/// <summary>What pruning costs in accuracy, on the test part, in ONNX Runtime.</summary>
internal static class Accuracy
{
    public static void LeNet(Settings settings) => Run(settings, "lenet-300-100", "mnist", "lenet-mnist.yaml", [0, 0.90, 0.92, 0.95, 0.98, 0.99], seeds: 3,
        new() { [0.92] = 0.001, [0.98] = 0.003 }, "LeNet-300-100 on MNIST",
        "Han et al. 2015 (arXiv:1506.02626, table 1) give 12x at an error of 1.59 % after 1.64 % dense.");

    public static void ResNet20(Settings settings) => Run(settings, "resnet-20", "fashion-mnist", "resnet20-fashion.yaml", [0, 0.80, 0.90, 0.95], seeds: 1,
        new() { [0.80] = 0.002, [0.90] = 0.005, [0.95] = 0.010 }, "ResNet-20 on Fashion-MNIST", "One seed unless told otherwise: a dense training takes most of the time.");

    /// <summary>The same recipe and dense model with labels and without: the dense model's answers are all that is learned from.</summary>
    public static void Unlabelled(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var sparsity = settings.Numbers("sparsities", 0.90)[0];
        var rows = new List<string[]> { new[] { "seed", "dense", "with labels", "from inputs alone", "difference, points", "goal" } };
        List<double> differences = [];
        for (var seed = 1; seed <= settings.Int("seeds", 3); seed++)
        {
            using var data = DataSet.Open(Path.Combine("out", "data", "mnist"), new DataOptions { Seed = seed }, default);
            using var inputs = DataSet.Open(Path.Combine("out", "data", "mnist"), new DataOptions { Seed = seed, ReadLabels = false }, default);
            var dense = Dense("lenet-300-100", "mnist", data, seed, settings);
            var recipe = RecipeFile.Load(Path.Combine("bench", "recipes", "lenet-mnist.yaml")) with { Sparsity = sparsity, Seed = seed };
            var cell = ledger.Cell($"sparsity {sparsity}, seed {seed}", settings.Command, () =>
            {
                var labelled = Prune(dense, data, recipe, "labelled");
                // the labels of the test part come back only to measure
                Prune(dense, inputs, recipe, "unlabelled");
                var after = Evaluator.Run([Output("unlabelled")], data.Test, new EvaluationSettings(), null, default).Results[0].Value;
                return new() { ["dense"] = labelled.Quality!.Before, ["labelled"] = labelled.Quality.After, ["unlabelled"] = after };
            });
            differences.Add(100 * (cell["labelled"] - cell["unlabelled"]));
            rows.Add([$"{seed}", Ledger.Percent(cell["dense"]), Ledger.Percent(cell["labelled"]), Ledger.Percent(cell["unlabelled"]), $"{differences[^1]:0.00}", ""]);
            ledger.Table("LeNet-300-100 on MNIST at 90 %, with and without labels", settings.Command,
                "The same dense model and recipe (bench/recipes/lenet-mnist.yaml); without labels the dense model is the teacher. Goal: the mean difference is at most 0.2 points.",
                [.. rows, ["all", "", "", "", Ledger.Spread(differences, "0.00"), differences.Average() <= 0.2 ? "met" : "missed"]]);
        }
    }

    private static void Run(Settings settings, string architecture, string dataName, string recipeFile, double[] sparsities, int seeds,
        Dictionary<double, double> goals, string title, string literature)
    {
        var ledger = new Ledger(settings.Name);
        sparsities = settings.Numbers("sparsities", sparsities);
        seeds = settings.Int("seeds", seeds);
        for (var seed = 1; seed <= seeds; seed++)
        {
            using var data = DataSet.Open(Path.Combine("out", "data", dataName), new DataOptions { Seed = seed }, default);
            foreach (var sparsity in sparsities)
            {
                ledger.Cell($"sparsity {sparsity}, seed {seed}", settings.Command, () =>
                {
                    var dense = Dense(architecture, dataName, data, seed, settings);
                    var result = Prune(dense, data, RecipeFile.Load(Path.Combine("bench", "recipes", recipeFile)) with { Sparsity = sparsity, Seed = seed }, architecture);
                    return new()
                    {
                        ["dense"] = result.Quality!.Before,
                        ["pruned"] = result.Quality.After,
                        ["sparsity"] = result.Sparsity,
                        ["nonzero"] = result.Output.Nonzero,
                        ["gzipBytes"] = result.Output.GzipBytes,
                        ["seconds"] = result.Seconds,
                    };
                });
                Show(ledger, settings, sparsities, goals, title, recipeFile, literature);
            }
        }
    }

    private static void Show(Ledger ledger, Settings settings, double[] sparsities, Dictionary<double, double> goals, string title, string recipeFile, string literature)
    {
        List<string[]> rows = [["sparsity", "weights left", "dense accuracy", "pruned accuracy", "lost, points", "goal, points", "", "seeds", "seconds"]];
        foreach (var sparsity in sparsities)
        {
            var cells = ledger.Cells.Where(cell => cell.Key.StartsWith($"sparsity {sparsity},", StringComparison.Ordinal)).Select(cell => cell.Value).ToArray();
            if (cells.Length == 0) continue;
            var lost = cells.Select(cell => 100 * (cell["dense"] - cell["pruned"])).ToArray();
            var goal = goals.TryGetValue(sparsity, out var limit) ? limit : (double?)null;
            rows.Add([
                $"{100 * sparsity:0.#} %", $"1/{1 / (1 - sparsity):0.#}", Ledger.Spread([.. cells.Select(cell => 100 * cell["dense"])], "0.00"),
                Ledger.Spread([.. cells.Select(cell => 100 * cell["pruned"])], "0.00"), Ledger.Spread(lost, "0.00"),
                goal is { } g ? $"at most {100 * g:0.0}" : "", goal is { } h ? lost.Average() <= 100 * h + 1e-9 ? "met" : "missed" : "",
                $"{cells.Length}", $"{cells.Average(cell => cell["seconds"]):0}",
            ]);
        }
        ledger.Table(title, settings.Command, $"Mean (least to most over seeds) on the 10,000 test examples, measured in ONNX Runtime; recipe bench/recipes/{recipeFile}. "
            + $"At 0 % the same fine-tuning runs with nothing pruned: what it alone gains. {literature}", rows);
    }

    /// <summary>The dense model of a seed, trained once.</summary>
    internal static string Dense(string architecture, string dataName, DataSet data, int seed, Settings settings)
    {
        var path = Path.Combine("out", "bench", $"{architecture}.{dataName}.{seed}.onnx");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!File.Exists(path))
        {
            var recipe = Secateur.Architectures.Architecture.Named(architecture).Defaults;
            TrainJob.Run(architecture, data, path, recipe with { Epochs = settings.Int("epochs", recipe.Epochs) }, seed, progress: new Lines());
        }
        return path;
    }

    private static PruneResult Prune(string dense, DataSet data, Recipe recipe, string name) =>
        Pruner.For(dense).With(recipe).Run(data, Output(name), new PruneOptions { Benchmark = false }, new Lines());

    private static string Output(string name) => Path.Combine("out", "bench", $"{name}.pruned.onnx");

    /// <summary>A line at the end of each stage.</summary>
    internal sealed class Lines : IProgress<Progress>
    {
        public void Report(Progress value)
        {
            if (value.Fraction >= 1 && !value.Stage.EndsWith("fine-tuning", StringComparison.Ordinal)) Console.Error.WriteLine($"  {value.Stage}: {value.Detail}");
        }
    }
}
