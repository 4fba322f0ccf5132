using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>BitwiseXor</c>: Y = A ⊕ B, bit by bit; integers.</summary>
internal sealed class BitwiseXor : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.bitwise_xor(b);
}
