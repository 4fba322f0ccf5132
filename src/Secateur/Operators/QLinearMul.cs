using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>QLinearMul</c>: A·B, quantized.</summary>
internal sealed class QLinearMul : QLinear
{
    protected override int[] Operands(int inputs) => [0, 3];

    protected override int Result(int inputs) => 6;

    protected override Tensor Apply(Node node, Tensor[] operands, Mode mode) => operands[0] * operands[1];
}
