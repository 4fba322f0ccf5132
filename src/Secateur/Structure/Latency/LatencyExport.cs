using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure.Budget;

namespace Secateur.Structure.Latency;

/// <summary>Tables of this machine, to prune for it on another.</summary>
public static class LatencyExport
{
    /// <summary>Measures all that pruning these models for latency asks, and writes it.</summary>
    /// <param name="models">Paths.</param>
    /// <param name="to">The file.</param>
    /// <param name="settings">Threads, batch and shapes that latency is wanted for.</param>
    /// <param name="cache">This machine's own table; null for <see cref="LatencyTable.CachePath"/>.</param>
    /// <param name="progress">Told after each layer.</param>
    /// <param name="cancel">What was measured until then stays in the cache.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="SecateurException">A model cannot be run, or a file not be written.</exception>
    public static LatencyTable Write(IReadOnlyList<string> models, string to, BenchmarkSettings settings, string? cache, IProgress<Progress>? progress, CancellationToken cancel)
    {
        AtomicFile.Probe(to);
        var own = LatencyTable.Own(settings.Threads, cache);
        HashSet<string> keys = [];
        foreach (var path in models)
        {
            var model = OnnxModel.Load(path);
            using var network = new Network(model);
            var inputs = settings.Examples is { } examples ? ShapesOf(model.Graph, examples, settings.BatchOf(model.Graph)) : settings.Shapes;
            var shapes = Shapes.Of(network, settings.BatchOf(model.Graph), inputs);
            using var learned = Dequantized.Of(model) is { } floats ? new Network(floats) : null;
            using var map = StructureMap.Of(network, inputs, learned ?? network);
            foreach (var kinds in UnitKinds.All.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value))
            {
                var latency = new LatencyModel(path, model, shapes, Shrinkage.Of(map, [.. map.Groups.Where(group => group.Held is null && kinds.Contains(group.Kind))], shapes), own);
                latency.Measure(progress, cancel);
                keys.UnionWith(latency.Keys);
            }
        }
        var table = own.Only(keys);
        table.Save(to);
        return table;
    }

    private static Dictionary<string, long[]> ShapesOf(Graph graph, Examples examples, int batch)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var given = Binding.Of(graph, examples).Bind(examples.Read([.. Enumerable.Range(0, batch).Select(i => i % examples.Count)]));
        return graph.Inputs.ToDictionary(input => input.Name, input => given[input.Name].shape);
    }
}
