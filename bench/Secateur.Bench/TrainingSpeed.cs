using System.Diagnostics;
using Secateur.Architectures;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Pruning;
using Secateur.Training;

namespace Secateur.Bench;

/// <summary>Training steps of ours and of Python's torch in turn: same network, data, batch and threads.</summary>
internal static class TrainingSpeed
{
    private const int StepsOfTraining = 10_000; // for the learning rate, so that the steps that are timed do learn

    private static readonly string Data = Path.Combine("out", "data", "fashion-mnist");

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var (threads, pairs) = (settings.Int("threads", Environment.ProcessorCount), settings.Int("pairs", 9));
        List<string[]> rows = [["network", "peer's layout", "ours, ms a step", "peer, ms a step", "ours / peer", "goal", ""]];
        var version = "";
        foreach (var (model, layout, steps, goal) in new (string, string, int, double?)[]
        {
            ("lenet-300-100", "nchw", 400, 1.0), ("resnet-20", "nchw", 15, 1.2), ("resnet-20", "nhwc", 15, null),
        })
        {
            var cell = ledger.Cell($"{model}, {layout}, {threads} threads", settings.Command, () =>
            {
                using var peer = new Peer(model, layout, threads, Data);
                version = peer.Version;
                return Pairs(model, peer, steps, pairs);
            });
            var ratio = cell["ratio"];
            rows.Add([
                model, layout == "nchw" ? "its default" : "channels last", $"{cell["oursMs"]:0.00}", $"{cell["peerMs"]:0.00}", $"{ratio:0.00} ({cell["ratioLeast"]:0.00} to {cell["ratioMost"]:0.00})",
                goal is { } limit ? $"at most {limit:0.0}" : "", goal is { } most ? ratio <= most ? "met" : "missed" : "",
            ]);
        }
        ledger.Table("Training speed beside Python's torch", settings.Command,
            $"Medians of {pairs} pairs run in turn (ours, peer, ours, ...) with {threads} threads, batch 128, Fashion-MNIST in memory; reading the batch, masks and optimizer are part of a step. "
            + $"Ours is the trainer that every command uses. {(version.Length > 0 ? $"Peer: {version}." : "")}", rows);
    }

    private static Dictionary<string, double> Pairs(string model, Peer peer, int steps, int pairs)
    {
        using var data = DataSet.Open(Data, new DataOptions(), default);
        var architecture = Architecture.Named(model);
        using var network = new Network(architecture.Build(new ArchitectureOptions { InputShape = [1, 28, 28], Classes = 10 }, 1));
        using var masks = Masks.OfZeros(network);
        var recipe = architecture.Defaults with { Batch = 128, Shift = 0, Flip = false };
        using var trainer = new Trainer(network, null, new Objective(Tasks.Assignment.Of(network.Graph, data.Train, null, null), 0, 1), data.Train, recipe, masks, 1);
        var at = 0L;
        double Ours()
        {
            var clock = Stopwatch.StartNew();
            trainer.Run(at, at += steps, StepsOfTraining, (_, _) => { }, default);
            return clock.Elapsed.TotalSeconds;
        }

        Ours();
        peer.Steps(steps);
        var measured = Enumerable.Range(0, pairs).Select(_ => (Ours: Ours(), Peer: peer.Steps(steps))).ToArray();
        var ratios = measured.Select(pair => pair.Ours / pair.Peer).Order().ToArray();
        return new()
        {
            ["oursMs"] = 1000 * Median(measured.Select(pair => pair.Ours)) / steps,
            ["peerMs"] = 1000 * Median(measured.Select(pair => pair.Peer)) / steps,
            ["ratio"] = Median(ratios),
            ["ratioLeast"] = ratios[0],
            ["ratioMost"] = ratios[^1],
        };
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);
}
