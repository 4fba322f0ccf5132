using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Tasks;

/// <summary>A vector an example, whose direction says what is alike. It is learned from the dense model; labels only judge.</summary>
internal sealed class Embedding : Task
{
    // what normalizes at the end gives vectors, not scores of classes
    private static readonly string[] Normalizing = ["LpNormalization", "Div", "LayerNormalization", "BatchNormalization", "Tanh"];

    public override string Summary => "a vector an example; labels, if any, say which examples are of the same thing";

    public override ImmutableArray<string> Metrics => ["recall-at-1", "recall-at-5", "cosine", "relative-error"];

    internal override bool Learns => false;

    internal override ImmutableArray<OutputForm> Forms(Graph graph) => FirstAs(graph, OutputKind.Values);

    internal override string? Suits(Graph graph, Tensor? labels, Examples examples) =>
        examples.Labels is not null && graph.Outputs[0].Shape is [_, not 1] && OutputForm.Of(graph, 0).Kind == OutputKind.Values
            && Maker.Of(graph, graph.Outputs[0].Name) is { Node.OpType: var last } && Normalizing.Contains(last)
            ? $"the model ends in {last}, so it gives vectors, not scores" : null;
}
