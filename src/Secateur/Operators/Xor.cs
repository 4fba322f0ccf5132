using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Xor</c>: Y = A ≠ B; booleans.</summary>
internal sealed class Xor : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.logical_xor(b);
}
