using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ThresholdedRelu</c>: Y = X where X > alpha, else 0.</summary>
internal sealed class ThresholdedRelu : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x * x.gt(node.Float("alpha", 1));
}
