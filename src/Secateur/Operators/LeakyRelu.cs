using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>LeakyRelu</c>: Y = X where X ≥ 0, else alpha·X.</summary>
internal sealed class LeakyRelu : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => functional.leaky_relu(x, node.Float("alpha", 0.01f));
}
