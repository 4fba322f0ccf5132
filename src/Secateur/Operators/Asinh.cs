using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Asinh</c>: Y = arsinh X.</summary>
internal sealed class Asinh : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.asinh();
}
