using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Reciprocal</c>: Y = 1 / X.</summary>
internal sealed class Reciprocal : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.reciprocal();
}
