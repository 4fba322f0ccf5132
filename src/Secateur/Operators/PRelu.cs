using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>PRelu</c>: Y = X where X ≥ 0, else slope·X; the slope is broadcast to X.</summary>
internal sealed class PRelu : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, slope) = (inputs[0]!, inputs[1]!);
        return [where(x.ge(0), x, slope * x)];
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Scale)];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddAll(node.Inputs[0], node.Outputs[0]);
        ties.AddBroadcast(node.Inputs[1], node.Outputs[0]);
    }
}
