using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Sin</c>: Y = sin X, in radians.</summary>
internal sealed class Sin : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.sin();
}
