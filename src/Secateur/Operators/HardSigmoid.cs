using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>HardSigmoid</c>: Y = max(0, min(1, alpha·X + beta)).</summary>
internal sealed class HardSigmoid : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => (x * node.Float("alpha", 0.2f) + node.Float("beta", 0.5f)).clamp(0, 1);
}
