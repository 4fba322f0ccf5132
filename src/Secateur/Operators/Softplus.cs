using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>Softplus</c>: Y = ln(1 + eˣ).</summary>
internal sealed class Softplus : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => functional.softplus(x);
}
