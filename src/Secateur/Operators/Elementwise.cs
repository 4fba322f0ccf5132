using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>An operator of one input that works on each element alone: no weights, no cost, every axis tied to itself.</summary>
internal abstract class Elementwise : Operator
{
    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => [Apply(node, inputs[0]!)];

    protected abstract Tensor Apply(Node node, Tensor x);

    public sealed override void Tie(Node node, Shapes shapes, Ties ties) => ties.AddAll(node.Inputs[0], node.Outputs[0]);
}
