using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Swish</c>: Y = X · sigmoid(alpha·X).</summary>
internal sealed class Swish : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) =>
        node.Float("alpha", 1) is not 1 and var alpha ? x * (alpha * x).sigmoid() : nn.functional.silu(x);
}
