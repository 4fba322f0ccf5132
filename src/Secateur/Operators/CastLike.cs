using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>CastLike</c>: the first input's elements as the second's type.</summary>
internal sealed class CastLike : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => [inputs[0]!.to(inputs[1]!.dtype)];

    public override void Tie(Node node, Shapes shapes, Ties ties) => ties.AddAll(node.Inputs[0], node.Outputs[0]);
}
