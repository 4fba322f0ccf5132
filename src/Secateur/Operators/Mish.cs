using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>Mish</c>: Y = X · tanh(ln(1 + eˣ)).</summary>
internal sealed class Mish : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => functional.mish(x);
}
