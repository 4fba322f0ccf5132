using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>An operator of two operands, each broadcast to the result's shape from the last axis on.</summary>
internal abstract class Broadcast : Operator
{
    /// <summary>What a constant operand of more than one element is to training; null: it stays as it is.</summary>
    protected virtual LearnedKind? Operand => null;

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => [Apply(node, inputs[0]!, inputs[1]!)];

    protected abstract Tensor Apply(Node node, Tensor a, Tensor b);

    public sealed override IEnumerable<Learned> Learned(Node node) =>
        Operand is { } kind ? [new(0, kind, Smallest: 2), new(1, kind, Smallest: 2)] : [];

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        foreach (var operand in node.Inputs) ties.AddBroadcast(operand, node.Outputs[0]);
    }
}
