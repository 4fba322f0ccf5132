using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Greater</c>: Y = (A &gt; B), booleans.</summary>
internal sealed class Greater : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.gt(b);
}
