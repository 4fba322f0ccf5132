using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Cosh</c>: Y = cosh X.</summary>
internal sealed class Cosh : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.cosh();
}
