using System.Globalization;
using Secateur.Data;
using Secateur.Evaluation;

namespace Secateur.Bench;

/// <summary>What removing channels costs in accuracy, and what it brings in ONNX Runtime, at a part of the work.</summary>
internal static class StructureAccuracy
{
    internal const string DataName = "fashion-mnist";

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var architecture = settings.Text("model", "resnet-20");
        var (granularity, multiple) = (settings.Text("granularity", "channel"), settings.Int("round-to", 0));
        var how = (granularity == "channel" ? "" : $", by {granularity.Replace("+", "s, then ")}s") + (multiple > 0 ? $", widths in {multiple}s" : "");
        var shares = settings.Numbers("sparsities", 1, 1 / 2.1, 0.25); // of the multiply-accumulates that stay
        for (var seed = 1; seed <= settings.Int("seeds", 1); seed++)
        {
            using var data = Open(seed);
            foreach (var share in shares)
            {
                var cell = ledger.Cell(string.Create(CultureInfo.InvariantCulture, $"{architecture}, {share:0.###} of the work{how}, seed {seed}"), settings.Command, () => Cell(architecture, granularity, multiple, data, share, seed, settings));
                if (settings.Text("mode", "") == "speed") // what other work may have spoilt, once more
                {
                    Time(cell, Accuracy.Dense(architecture, DataName, data, seed, settings), Output(architecture, granularity, multiple, share));
                    ledger.Save(settings.Command);
                }
                Show(ledger, settings);
            }
        }
    }

    internal static DataSet Open(int seed) => DataSet.Open(Path.Combine("out", "data", DataName), new DataOptions { Seed = seed }, default);

    /// <summary>A recipe of bench/recipes, with the epochs that the bench is told.</summary>
    internal static Recipe Recipe(string name, int seed, Settings settings)
    {
        var recipe = RecipeFile.Load(Path.Combine("bench", "recipes", name)) with { Seed = seed };
        return settings.Int("steps", 0) is > 0 and var steps ? recipe with { Training = recipe.Training with { Steps = steps } } : recipe;
    }

    /// <summary>Prunes by a recipe; what came out, and how it runs in ONNX Runtime beside the dense model, in turn.</summary>
    internal static (PruneResult Result, Dictionary<string, double> Cell) Prune(string dense, Recipe recipe, DataSet data, string output)
    {
        var result = Pruner.For(dense).With(recipe).Run(data, output, new PruneOptions { Benchmark = false }, new Accuracy.Lines());
        var cell = new Dictionary<string, double>
        {
            ["dense"] = result.Quality!.Before,
            ["pruned"] = result.Quality.After,
            ["macs"] = (double)result.Input.Macs / result.Output.Macs,
            ["parameters"] = (double)result.Input.Parameters / result.Output.Parameters,
            ["seconds"] = result.Seconds,
        };
        Time(cell, dense, output);
        return (result, cell);
    }

    private static void Time(Dictionary<string, double> cell, string dense, string output)
    {
        foreach (var threads in (ReadOnlySpan<int>)[1, 2]) cell[$"faster, {threads} threads"] = Faster(dense, output, threads);
    }

    private static string Output(string architecture, string granularity, int multiple, double share) =>
        Path.Combine("out", "bench", string.Create(CultureInfo.InvariantCulture, $"{architecture}.{(granularity == "channel" ? "structure" : granularity)}{(multiple > 0 ? $"-{multiple}" : "")}-{share:0.00}.onnx"));

    internal static double Faster(string dense, string output, int threads) =>
        LatencyBenchmark.Run([dense, output], new BenchmarkSettings { Threads = threads, Least = TimeSpan.FromSeconds(2) }, null, default).Results[1].Speedup;

    /// <summary>A row of what <see cref="Prune"/> measured, for <see cref="Heads"/>.</summary>
    internal static string[] Row(string name, Dictionary<string, double> cell) =>
    [
        name, Ledger.Percent(cell["dense"]), Ledger.Percent(cell["pruned"]), (100 * (cell["dense"] - cell["pruned"])).ToString("0.00", CultureInfo.InvariantCulture), Times(cell["macs"]), Times(cell["parameters"]),
        Times(cell["faster, 1 threads"]), Times(cell["faster, 2 threads"]), cell["seconds"].ToString("0", CultureInfo.InvariantCulture),
    ];

    internal static string[] Heads(string first) => [first, "dense accuracy", "accuracy", "lost, points", "fewer MACs", "fewer parameters", "faster, 1 thread", "faster, 2 threads", "seconds"];

    internal static string Times(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture) + "x";

    private static Dictionary<string, double> Cell(string architecture, string granularity, int multiple, DataSet data, double share, int seed, Settings settings)
    {
        var (dense, output) = (Accuracy.Dense(architecture, DataName, data, seed, settings), Output(architecture, granularity, multiple, share));
        var recipe = Recipe("structure-fashion.yaml", seed, settings);
        // with all of the work left nothing goes: what the same fine-tuning gains alone
        if (share >= 1) return Prune(dense, recipe with { Granularity = "unstructured", Macs = null, Sparsity = 0 }, data, output).Cell;
        var kinds = granularity.Split('+'); // one after the other, each with its own fine-tuning
        if (kinds.Length == 1) return Prune(dense, Of(granularity, share), data, output).Cell;
        var between = Path.ChangeExtension(output, $".{kinds[0]}.onnx");
        var (first, cell) = Prune(dense, Of(kinds[0], Math.Sqrt(share)), data, between);
        var (last, other) = Prune(between, Of(kinds[1], share * first.Input.Macs), data, output);
        Time(other, dense, output);
        return new(other)
        {
            ["dense"] = cell["dense"],
            ["macs"] = (double)first.Input.Macs / last.Output.Macs,
            ["parameters"] = (double)first.Input.Parameters / last.Output.Parameters,
            ["seconds"] = cell["seconds"] + other["seconds"],
        };

        Recipe Of(string kind, double macs)
        {
            var own = recipe with { Granularity = kind, Macs = macs };
            // layers are judged by the loss without each
            return own.LeavesOutLayers ? own with { Criterion = new Recipe().Criterion, GroupScale = new Recipe().GroupScale } : own with { RoundTo = multiple > 0 ? multiple : null };
        }
    }

    private static void Show(Ledger ledger, Settings settings) =>
        ledger.Table("Channels and layers removed, on Fashion-MNIST", settings.Command, "The 10,000 test examples in ONNX Runtime; recipe bench/recipes/structure-fashion.yaml (6 epochs; ResNet-56: 2 epochs at 0.476 and 6 at 0.25, and only 4 epochs of dense training; layers, then channels: 6 epochs each). Seconds beside other work; those of the rows by channels alone were of training the whole network under masks. With all of the work left nothing goes: what the same fine-tuning gains alone. "
            + "Goals: at most 0.1 points lost at 2.1 times fewer MACs, 0.6 at 4 times, and at least 75 % of the ratio of MACs in speed. Torch-Pruning's published table (reproduce/readme.md; another data set, longer training) has ResNet-56 on "
            + "CIFAR-10, 93.53 % dense, at 2.11 to 2.13 times fewer MACs: 92.93 by L1, 93.29 by BN scales, 93.46 by groups, 93.77 by groups with sparse learning; at 2.57 times 93.36 and 93.64. It gives no speed there; "
            + "its readme has ResNet-50 2.2 times faster at 3.9 times fewer MACs, on one GPU.", [Heads(""), .. ledger.Cells.Select(cell => Row(cell.Key, cell.Value))]);
}
