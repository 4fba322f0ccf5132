using Secateur.Evaluation;

namespace Secateur.Bench;

/// <summary>A speed asked for, and met or not; beside it the same work chosen without the table of latencies.</summary>
internal static class StructureSpeedup
{
    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var target = settings.Numbers("sparsity", 2)[0];
        using var data = StructureAccuracy.Open(1);
        foreach (var architecture in settings.Text("model", "resnet-20,mobilenet-v2-small,vit-small").Split(','))
        {
            var dense = Accuracy.Dense(architecture, StructureAccuracy.DataName, data, 1, settings);
            var recipe = StructureAccuracy.Recipe(architecture.StartsWith("vit", StringComparison.Ordinal) ? "structure-transformer.yaml" : "structure-fashion.yaml", 1, settings) with { Granularity = "structure" };
            var output = Path.Combine("out", "bench", $"{architecture}.speedup");
            var fast = ledger.Cell($"{architecture}, {target}x as fast", settings.Command, () =>
            {
                Threads.Use(1); // the speed asked for is that of one thread
                var (result, cell) = StructureAccuracy.Prune(dense, recipe with { Speedup = target }, data, output + ".onnx");
                cell["share"] = result.Output.Macs;
                return cell;
            });
            ledger.Cell($"{architecture}, the same MACs", settings.Command, () => StructureAccuracy.Prune(dense, recipe with { Macs = fast["share"] }, data, output + "-macs.onnx").Cell);
            ledger.Table($"{target} times as fast, by the table of latencies", settings.Command, "Fashion-MNIST, 10,000 test examples in ONNX Runtime. `as fast`: `--speedup` with one thread, units chosen by a knapsack over latencies measured here. "
                + "`the same MACs`: the same number of multiply-accumulates, chosen by MACs alone. Both at granularity `structure` and fine-tuned alike. Goal: the measured speed of the first with one thread within 10 % of what was asked.",
                [StructureAccuracy.Heads(""), .. ledger.Cells.Select(cell => StructureAccuracy.Row(cell.Key, cell.Value))]);
        }
    }
}
