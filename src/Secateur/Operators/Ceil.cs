using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Ceil</c>: Y = ⌈X⌉; no gradient passes.</summary>
internal sealed class Ceil : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.ceil();
}
