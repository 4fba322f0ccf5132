using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Sign</c>: Y = −1, 0 or 1, as X is; no gradient passes.</summary>
internal sealed class Sign : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.sign();
}
