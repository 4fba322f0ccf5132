using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Cos</c>: Y = cos X, in radians.</summary>
internal sealed class Cos : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.cos();
}
