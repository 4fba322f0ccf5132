using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Tasks;

/// <summary>A class for each token of a text, by cross-entropy.</summary>
internal sealed class Tagging : Task
{
    public override string Summary => "a class for each token; labels are an array [N, tokens], negative where none counts";

    public override ImmutableArray<string> Metrics => ["accuracy", "f1"];

    internal override ImmutableArray<OutputForm> Forms(Graph graph) => FirstAs(graph, OutputKind.Classes, axis: 2);

    internal override string? Suits(Graph graph, Tensor? labels, Examples examples) =>
        labels is not null && !labels.is_floating_point() && labels.dim() == 2 && labels.shape[1] > 1 && graph.Outputs[0].Shape is [_, var tokens, _]
            && (tokens is null || tokens == labels.shape[1]) ? "the data has a class for each token" : null;

    internal override void Check(Reading reading, Tensor target, string model) => Positions.Check(reading, target, model, "a class for each token");

    internal override Tensor Loss(Reading reading, Tensor target) => Positions.CrossEntropy(reading.First, target);
}
