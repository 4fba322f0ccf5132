using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>ExpandDims</c>: X with an axis of size 1 put in at <c>axis</c>, an input.</summary>
internal sealed class ExpandDims : Operator
{
    public override string WhyWhole => "has an axis that the data decides";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => node.Ints(inputs[1]!) is [var axis]
        ? [inputs[0]!.unsqueeze(node.Axis(axis, inputs[0]!.dim() + 1))]
        : throw node.Error("its axis is not one number; export the model again");

    public override void Tie(Node node, Shapes shapes, Ties ties) => ties.AddReshape(node.Inputs[0], node.Outputs[0]);
}
