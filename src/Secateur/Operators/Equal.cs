using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Equal</c>: Y = (A = B), booleans.</summary>
internal sealed class Equal : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.eq(b);
}
