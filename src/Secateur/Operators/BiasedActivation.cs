using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>A function of each element of X + bias, the bias [last axis] or left out.</summary>
internal abstract class BiasedActivation : Operator
{
    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => [Apply(inputs is [_, { } bias] ? inputs[0]! + bias : inputs[0]!)];

    protected abstract Tensor Apply(Tensor x);

    public sealed override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Bias)];

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        foreach (var operand in node.Inputs.Where(shapes.Has)) ties.AddBroadcast(operand, node.Outputs[0]);
    }
}
