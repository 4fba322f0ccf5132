using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Div</c>: Y = A / B; integers are cut towards zero. A constant operand is not learned: it standardizes an input.</summary>
internal sealed class Div : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.is_integral() ? a.div(b, RoundingMode.trunc) : a / b;
}
