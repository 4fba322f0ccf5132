using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Where</c>: X where the condition holds, else Y; all three broadcast together.</summary>
internal sealed class Where : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => [where(inputs[0]!, inputs[1]!, inputs[2]!)];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        foreach (var operand in node.Inputs) ties.AddBroadcast(operand, node.Outputs[0]);
    }
}
