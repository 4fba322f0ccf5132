using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>Elu</c>: Y = X where X ≥ 0, else alpha·(eˣ − 1).</summary>
internal sealed class Elu : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => functional.elu(x, node.Float("alpha", 1));
}
