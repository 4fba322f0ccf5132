using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Less</c>: Y = (A &lt; B), booleans.</summary>
internal sealed class Less : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.lt(b);
}
