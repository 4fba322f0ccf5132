using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>BitwiseAnd</c>: Y = A ∧ B, bit by bit; integers.</summary>
internal sealed class BitwiseAnd : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.bitwise_and(b);
}
