using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Floor</c>: Y = ⌊X⌋; no gradient passes.</summary>
internal sealed class Floor : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.floor();
}
