using System.Globalization;
using Secateur.Data;
using Secateur.Evaluation;

namespace Secateur.Bench;

/// <summary>What removing channels costs in accuracy, and what it brings in ONNX Runtime, at a part of the work.</summary>
internal static class StructureAccuracy
{
    private const string DataName = "fashion-mnist";

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var architecture = settings.Text("model", "resnet-20");
        var shares = settings.Numbers("sparsities", 1, 1 / 2.1, 0.25); // of the multiply-accumulates that stay
        for (var seed = 1; seed <= settings.Int("seeds", 1); seed++)
        {
            using var data = DataSet.Open(Path.Combine("out", "data", DataName), new DataOptions { Seed = seed }, default);
            foreach (var share in shares)
            {
                ledger.Cell(string.Create(CultureInfo.InvariantCulture, $"{architecture}, {share:0.###} of the work, seed {seed}"), settings.Command, () => Cell(architecture, data, share, seed, settings));
                Show(ledger, settings);
            }
        }
    }

    private static Dictionary<string, double> Cell(string architecture, DataSet data, double share, int seed, Settings settings)
    {
        var dense = Accuracy.Dense(architecture, DataName, data, seed, settings);
        var recipe = RecipeFile.Load(Path.Combine("bench", "recipes", "structure-fashion.yaml")) with { Macs = share, Seed = seed };
        // with all of the work left nothing goes: what the same fine-tuning gains alone
        if (share >= 1) recipe = recipe with { Granularity = "unstructured", Macs = null, Sparsity = 0 };
        var output = Path.Combine("out", "bench", $"{architecture}.structure.onnx");
        var result = Pruner.For(dense).With(recipe).Run(data, output, new PruneOptions { Benchmark = false }, new Accuracy.Lines());
        double Faster(int threads) => LatencyBenchmark.Run([dense, output], new BenchmarkSettings { Threads = threads }, null, default).Results[1].Speedup;
        return new()
        {
            ["dense"] = result.Quality!.Before,
            ["pruned"] = result.Quality.After,
            ["macs"] = (double)result.Input.Macs / result.Output.Macs,
            ["parameters"] = (double)result.Input.Parameters / result.Output.Parameters,
            ["faster, 1 thread"] = Faster(1),
            ["faster, 2 threads"] = Faster(2),
            ["seconds"] = result.Seconds,
        };
    }

    private static void Show(Ledger ledger, Settings settings)
    {
        List<string[]> rows = [["", "dense accuracy", "accuracy", "lost, points", "fewer MACs", "fewer parameters", "faster, 1 thread", "faster, 2 threads", "seconds"]];
        foreach (var (name, cell) in ledger.Cells)
            rows.Add([name, Ledger.Percent(cell["dense"]), Ledger.Percent(cell["pruned"]), $"{100 * (cell["dense"] - cell["pruned"]):0.00}", $"{cell["macs"]:0.00}x", $"{cell["parameters"]:0.00}x",
                $"{cell["faster, 1 thread"]:0.00}x", $"{cell["faster, 2 threads"]:0.00}x", $"{cell["seconds"]:0}"]);
        ledger.Table("Channels removed, on Fashion-MNIST", settings.Command, "The 10,000 test examples in ONNX Runtime; recipe bench/recipes/structure-fashion.yaml. With all of the work left nothing goes: what the same fine-tuning gains alone. "
            + "DepGraph (Fang et al. 2023) has ResNet-56 on CIFAR-10 at 2.11 times fewer MACs from 93.53 to 93.77 %, with sparse learning; goals here: at most 0.1 points at 2.1 times, 0.6 at 4 times, and at least 75 % of the ratio of MACs in speed.", rows);
    }
}
