using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Tanh</c>: the hyperbolic tangent.</summary>
internal sealed class Tanh : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.tanh();
}
