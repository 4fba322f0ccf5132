using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>QLinearLeakyRelu</c>: X where X ≥ 0, else alpha·X, quantized.</summary>
internal sealed class QLinearLeakyRelu : QLinear
{
    protected override int[] Operands(int inputs) => [0];

    protected override int Result(int inputs) => 3;

    protected override Tensor Apply(Node node, Tensor[] operands, Mode mode) => nn.functional.leaky_relu(operands[0], node.Float("alpha", 0.01f));
}
