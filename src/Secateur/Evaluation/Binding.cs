using Secateur.Data;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>Which feature goes to which input of a graph: the one of its name, or the only one.</summary>
internal sealed class Binding
{
    private readonly Dictionary<string, string> features;

    private Binding(Dictionary<string, string> features) => this.features = features;

    public static Binding Of(Graph graph, Examples examples) => new(graph.Inputs.ToDictionary(input => input.Name,
        input => examples.Features is [var only] && graph.Inputs.Length == 1 ? only.Name : input.Name));

    public Dictionary<string, Tensor> Bind(Dictionary<string, Tensor> batch) =>
        features.Where(pair => batch.ContainsKey(pair.Value)).ToDictionary(pair => pair.Key, pair => batch[pair.Value]);
}
