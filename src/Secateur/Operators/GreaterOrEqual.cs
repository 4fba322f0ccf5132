using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>GreaterOrEqual</c>: Y = (A ≥ B), booleans.</summary>
internal sealed class GreaterOrEqual : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.ge(b);
}
