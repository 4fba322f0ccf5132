using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Mul</c>: Y = A · B, by element. A constant operand is a scale.</summary>
internal sealed class Mul : Broadcast
{
    protected override LearnedKind? Operand => LearnedKind.Scale;

    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a * b;
}
