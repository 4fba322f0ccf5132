using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>BitwiseOr</c>: Y = A ∨ B, bit by bit; integers.</summary>
internal sealed class BitwiseOr : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.bitwise_or(b);
}
