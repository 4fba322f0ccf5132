using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>IsNaN</c>: Y = whether X is not a number; booleans.</summary>
internal sealed class IsNaN : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.isnan();
}
