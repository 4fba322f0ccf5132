using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Celu</c>: Y = max(0, X) + min(0, alpha·(e^(X/alpha) − 1)).</summary>
internal sealed class Celu : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => nn.functional.celu(x, node.Float("alpha", 1));
}
