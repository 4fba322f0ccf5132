using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>LessOrEqual</c>: Y = (A ≤ B), booleans.</summary>
internal sealed class LessOrEqual : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.le(b);
}
