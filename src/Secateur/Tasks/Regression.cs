using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tasks;

/// <summary>Numbers, one or several an example, by the mean squared error.</summary>
internal sealed class Regression : Task
{
    public override string Summary => "numbers, one or several an example; labels are an array [N] or [N, outputs], or columns";

    public override ImmutableArray<string> Metrics => ["rmse", "mae", "r2"];

    internal override ImmutableArray<OutputForm> Forms(Graph graph) => FirstAs(graph, OutputKind.Values);

    internal override string? Suits(Graph graph, Tensor? labels, Examples examples)
    {
        if (labels is null || labels.dim() > 2 || OutputForm.Of(graph, 0) is { Kind: OutputKind.Classes, Scores: not ScoreKind.Logits }) return null;
        var each = labels.numel() / labels.shape[0];
        if (labels.is_floating_point()) return $"the data has {(each == 1 ? "a number" : $"{each} numbers")} for each example";
        return graph.Outputs[0].Shape is [_] or [_, 1] && each == 1 ? "the data has a number for each example, the model one output" : null;
    }

    internal override void Check(Reading reading, Tensor target, string model)
    {
        if (target.numel() != reading.First.numel())
            throw new SecateurException($"{model}: gives {reading.First.shape[1]} numbers an example, the data has {target.numel() / target.shape[0]} labels for each; give one for each output");
    }

    internal override Tensor Loss(Reading reading, Tensor target) =>
        functional.mse_loss(reading.First, target.reshape(reading.First.shape).to_type(ScalarType.Float32));
}
