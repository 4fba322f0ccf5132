using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Add</c>: Y = A + B. A constant operand is a bias.</summary>
internal sealed class Add : Broadcast
{
    protected override LearnedKind? Operand => LearnedKind.Bias;

    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.Plus(b);
}
