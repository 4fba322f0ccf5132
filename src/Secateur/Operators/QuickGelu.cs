using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>QuickGelu</c>: Y = X·sigmoid(alpha·X).</summary>
internal sealed class QuickGelu : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x * (node.Float("alpha", 1.702f) * x).sigmoid();
}
