using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Asin</c>: Y = arcsin X; NaN outside of [−1, 1].</summary>
internal sealed class Asin : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.asin();
}
