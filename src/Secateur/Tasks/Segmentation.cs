using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tasks;

/// <summary>A class for each pixel, by cross-entropy; yes or no for each where the model gives one map.</summary>
internal sealed class Segmentation : Task
{
    public override string Summary => "a class for each pixel; labels are an array [N, height, width], negative where none counts";

    public override ImmutableArray<string> Metrics => ["miou", "accuracy"];

    internal override ImmutableArray<OutputForm> Forms(Graph graph) =>
        graph.Outputs[0].Shape is [_, 1, ..] ? FirstAs(graph, OutputKind.Switches) : FirstAs(graph, OutputKind.Classes, axis: 1);

    internal override string? Suits(Graph graph, Tensor? labels, Examples examples) =>
        labels is not null && !labels.is_floating_point() && labels.dim() is 3 or 4 && graph.Outputs[0].Shape.Length == 4 ? "the data has a class for each pixel" : null;

    internal override void Check(Reading reading, Tensor target, string model)
    {
        if (reading.First.dim() == 3) Positions.Check(reading, target, model, "a class for each pixel of the output");
        else if (target.numel() != reading.First.numel())
            throw new SecateurException($"{model}: gives {reading.First.shape[1]:N0} pixels an example, the data has {target.numel() / target.shape[0]:N0} labels for each; give masks of the output's size");
    }

    internal override Tensor Loss(Reading reading, Tensor target)
    {
        if (reading.First.dim() == 3) return Positions.CrossEntropy(reading.First, target);
        var labels = target.reshape(reading.First.shape);
        var counts = labels.ge(0);
        var each = functional.binary_cross_entropy_with_logits(reading.First, labels.clamp(0, 1).to_type(ScalarType.Float32), reduction: Reduction.None);
        return (each * counts).sum() / counts.sum().clamp_min(1);
    }
}
