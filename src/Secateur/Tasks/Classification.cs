using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tasks;

/// <summary>One class an example, by cross-entropy.</summary>
internal sealed class Classification : Task
{
    public override string Summary => "one class an example, the largest of its scores; labels are class numbers or names";

    public override ImmutableArray<string> Metrics => ["accuracy", "top-5-accuracy"];

    internal override ImmutableArray<OutputForm> Forms(Graph graph) => FirstAs(graph, OutputKind.Classes);

    internal override string? Suits(Graph graph, Tensor? labels, Examples examples) =>
        examples.Labels is not null && !(graph.Outputs[0].Shape is [_, 1] or [_]) ? "the data has a class for each example" : null;

    internal override void Check(Reading reading, Tensor target, string model) => Positions.Check(reading, target, model, "a class");

    internal override Tensor Loss(Reading reading, Tensor target) => Positions.CrossEntropy(reading.First, target);
}
