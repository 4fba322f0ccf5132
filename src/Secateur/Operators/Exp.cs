using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Exp</c>: Y = eˣ.</summary>
internal sealed class Exp : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.exp();
}
