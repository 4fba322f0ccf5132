using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tasks;

/// <summary>Any number of classes an example, each yes or no by itself, by binary cross-entropy.</summary>
internal sealed class MultiLabel : Task
{
    public override string Summary => "any number of classes an example, each yes or no; labels are an array of 0 and 1 [N, classes]";

    public override ImmutableArray<string> Metrics => ["f1", "map"];

    internal override ImmutableArray<OutputForm> Forms(Graph graph) => FirstAs(graph, OutputKind.Switches);

    internal override string? Suits(Graph graph, Tensor? labels, Examples examples)
    {
        if (labels is null || labels.dim() > 2 || graph.Outputs[0].Shape is not [_, var outputs]) return null;
        var each = labels.numel() / labels.shape[0];
        // one yes in every row, where the model's scores sum to 1, is one class an example
        if (OutputForm.Of(graph, 0) is { Kind: OutputKind.Classes, Scores: not ScoreKind.Logits }) return null;
        if (outputs is { } known && known != each || !labels.eq(0).logical_or(labels.eq(1)).all().item<bool>()) return null;
        return each > 1 ? $"the data has {each} zeros and ones for each example"
            : OutputForm.Of(graph, 0).Kind == OutputKind.Switches ? "the data has a zero or one for each example, the model one probability" : null;
    }

    internal override void Check(Reading reading, Tensor target, string model)
    {
        if (target.numel() != reading.First.numel())
            throw new SecateurException($"{model}: has {reading.First.shape[1]} outputs an example, the data {target.numel() / target.shape[0]} labels; give a 0 or 1 for each output");
        if (target.lt(0).any().item<bool>() || target.gt(1).any().item<bool>())
            throw new SecateurException($"{model}: labels of the task multi-label are 0 or 1, the data has others; take another task");
    }

    internal override Tensor Loss(Reading reading, Tensor target) =>
        functional.binary_cross_entropy_with_logits(reading.First, target.reshape(reading.First.shape).to_type(ScalarType.Float32));
}
