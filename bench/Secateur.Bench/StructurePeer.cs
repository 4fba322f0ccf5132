using System.Diagnostics;
using System.Globalization;
using Secateur.Evaluation;

namespace Secateur.Bench;

/// <summary>Half of the channels by PyTorch's own pruning, which masks them, beside half of the channels removed; nothing is trained after either.</summary>
internal static class StructurePeer
{
    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        using var data = StructureAccuracy.Open(1);
        foreach (var architecture in settings.Text("model", "resnet-20").Split(','))
        {
            var dense = Accuracy.Dense(architecture, StructureAccuracy.DataName, data, 1, settings);
            foreach (var share in settings.Numbers("sparsities", 0.25, 0.5))
            {
                var (masked, removed) = (Output(architecture, share, "ln_structured"), Output(architecture, share, "removed"));
                ledger.Cell(string.Create(CultureInfo.InvariantCulture, $"{architecture}, {share:0.##} of the channels, ln_structured"), settings.Command, () =>
                {
                    Mask(dense, share, masked);
                    return Judge(dense, masked, data.Test);
                });
                ledger.Cell(string.Create(CultureInfo.InvariantCulture, $"{architecture}, {share:0.##} of the channels, removed"), settings.Command, () =>
                {
                    var recipe = StructureTransformer.Part(dense, new Recipe { Criterion = "magnitude-l2", Training = new() { Steps = 0 } }, Structure.UnitKind.Channel, 1 - share);
                    Pruner.For(dense).With(recipe).Run(data, removed, new PruneOptions { Benchmark = false }, new Accuracy.Lines());
                    return Judge(dense, removed, data.Test);
                });
            }
        }
        ledger.Table("Channels masked by torch.nn.utils.prune.ln_structured, and removed", settings.Command, "The same trained model and share of channels, chosen by their length (L2), nothing trained afterwards; Fashion-MNIST, 10,000 test examples and times in ONNX Runtime. "
            + "PyTorch's own pruning masks each convolution by itself and leaves the model as large as it was; that of Debian's python3-torch was run.",
            [["", "dense accuracy", "accuracy", "bytes of the file", "faster, 1 thread", "faster, 2 threads"], .. ledger.Cells.Select(cell => (string[])
            [
                cell.Key, Ledger.Percent(cell.Value["dense"]), Ledger.Percent(cell.Value["pruned"]), cell.Value["bytes"].ToString("#,0", CultureInfo.InvariantCulture),
                StructureAccuracy.Times(cell.Value["faster, 1 threads"]), StructureAccuracy.Times(cell.Value["faster, 2 threads"]),
            ])]);
    }

    private static Dictionary<string, double> Judge(string dense, string pruned, Data.Examples test)
    {
        var results = Evaluator.Run([dense, pruned], test, new EvaluationSettings(), null, default).Results;
        return new()
        {
            ["dense"] = results[0].Value,
            ["pruned"] = results[1].Value,
            ["bytes"] = new FileInfo(pruned).Length,
            ["faster, 1 threads"] = StructureAccuracy.Faster(dense, pruned, 1),
            ["faster, 2 threads"] = StructureAccuracy.Faster(dense, pruned, 2),
        };
    }

    private static void Mask(string dense, double share, string output)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine("bench", "peer", "ln_structured.py"), dense, share.ToString(CultureInfo.InvariantCulture), output]);
        foreach (var name in (string[])["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]) start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new SecateurException("bench: ln_structured.py failed; apt-get install python3-torch python3-onnx python3-numpy");
    }

    private static string Output(string architecture, double share, string name) => Path.Combine("out", "bench", $"{architecture}.{share.ToString(CultureInfo.InvariantCulture)}.{name}.onnx");
}
