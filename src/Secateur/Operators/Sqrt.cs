using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Sqrt</c>: Y = √X; NaN below zero.</summary>
internal sealed class Sqrt : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.sqrt();
}
