using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Atanh</c>: Y = artanh X; NaN outside of [−1, 1].</summary>
internal sealed class Atanh : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.atanh();
}
