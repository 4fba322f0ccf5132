using System.Collections.Immutable;
using Secateur.Criteria;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Structure.Budget;
using Secateur.Structure.Latency;
using TorchSharp;

namespace Secateur.Pruning;

/// <summary>How many layers must go for a speed. Which one goes next is judged by the loss for the milliseconds that its layers save alone; how fast the model then is, is measured.</summary>
/// <param name="path">The dense model's file.</param>
/// <param name="recipe">Checked; asks for a speed.</param>
/// <param name="inputs">Shapes of one example's inputs; null takes usual ones.</param>
/// <param name="folder">Where candidates are written.</param>
/// <param name="report">Told of measurements.</param>
/// <param name="cancel">Looked at between them.</param>
internal sealed class LayerSpeed(string path, Recipe recipe, IReadOnlyDictionary<string, long[]>? inputs, RunFolder folder, Action<string, double, string> report, CancellationToken cancel)
{
    private const string KeptLimit = "latency limit", KeptCount = "layers for the speed", KeptSpeed = "measured speed", KeptBefore = "measured speed before";

    private readonly BenchmarkSettings settings = new() { Threads = torch.get_num_threads(), Shapes = inputs };

    public string Path => path;

    /// <summary>What was found, for the reader of the result; null before anything was.</summary>
    public string? Note => folder.Number(KeptSpeed) is not { } speed || folder.Number(KeptCount) is not { } count || folder.Number(KeptBefore) is not { } before ? null
        : $"Layers go whole, so speeds come in steps: {count:0} left out are the fewest that reach what was asked, measured {speed:0.##} times as fast{(count > 1 ? $" (with one fewer {before:0.##})" : "")}.";

    /// <summary>Milliseconds, as the table tells them; what this machine's own lacks is measured.</summary>
    public LayerBudget Latency(Graph graph, Shapes shapes) =>
        LayerBudget.Latency(path, graph, shapes, recipe.LatencyTable is { } file ? LatencyTable.Load(file, settings.Threads) : LatencyTable.Own(settings.Threads), new Telling(report), cancel);

    /// <summary>The prediction whose model was measured to be so fast. It is kept with the rounds, so that a run that was killed ends alike.</summary>
    /// <param name="latency">Of the dense model.</param>
    /// <param name="step">Says which layer goes next.</param>
    /// <param name="statistics">For it.</param>
    /// <param name="free">All that may go.</param>
    /// <param name="without">Makes the model without some of these.</param>
    /// <exception cref="SecateurException">It cannot be so fast; the message says how fast it can be.</exception>
    public LayerBudget Find(LayerBudget latency, LayerStep step, Statistics statistics, ImmutableArray<Branch> free, Func<IReadOnlyCollection<Branch>, OnnxModel> without)
    {
        if (folder.Number(KeptLimit) is { } known) return latency with { Limit = known };
        var dense = recipe.Latency is null ? 0 : LatencyBenchmark.Run([path], settings, null, cancel).Results[0].MedianMs;
        var target = recipe.Speedup ?? (dense / recipe.Latency!.Value);
        if (target > 1) CheckReach(target, dense, Measure(free, without), free.Length);
        List<Branch> gone = [];
        using var order = step.Order(statistics, cancel).GetEnumerator();
        var (count, speed, before) = CountSearch.Run(target, some =>
        {
            while (gone.Count < some && order.MoveNext()) gone.Add(order.Current);
            return gone.Count < some ? null : latency.Dense / step.Cost(gone[..some]);
        }, some => Measure(gone[..some], without), (some, fast) => report("looking for the speed", Math.Min(0.99, fast / target), $"without {some} layers measured {fast:0.###}, wanted {target:0.###}"));
        report("looking for the speed", 1, $"without {count} layers measured {speed:0.###}, wanted {target:0.###}");
        var limit = step.Cost(gone[..count]);
        if (count > 0)
        {
            folder.SetNumber(KeptCount, count);
            folder.SetNumber(KeptSpeed, speed);
            folder.SetNumber(KeptBefore, before);
        }
        folder.SetNumber(KeptLimit, limit);
        return latency with { Limit = limit };
    }

    private void CheckReach(double target, double dense, double most, int free)
    {
        if (most >= target * (1 - SpeedupSearch.Tolerance)) return;
        var wanted = recipe.Latency is { } ms ? $"{ms:0.####} ms" : $"a speed of {target:0.##}x";
        throw new SecateurException($"{path}: {wanted} cannot be met by leaving out layers: without all {free} that may go it is measured {most:0.##} times as fast{(dense > 0 ? $", {dense / most:0.####} ms" : "")}; "
            + "ask for no more, or take another --granularity");
    }

    private double Measure(IReadOnlyCollection<Branch> gone, Func<IReadOnlyCollection<Branch>, OnnxModel> without)
    {
        var file = folder.Put("speed.onnx", without(gone));
        try
        {
            return SpeedupSearch.Measure(path, file, settings, cancel);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
