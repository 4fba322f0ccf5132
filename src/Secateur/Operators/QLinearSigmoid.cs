using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>QLinearSigmoid</c>: the sigmoid of X, quantized.</summary>
internal sealed class QLinearSigmoid : QLinear
{
    protected override int[] Operands(int inputs) => [0];

    protected override int Result(int inputs) => 3;

    protected override Tensor Apply(Node node, Tensor[] operands, Mode mode) => operands[0].sigmoid();
}
