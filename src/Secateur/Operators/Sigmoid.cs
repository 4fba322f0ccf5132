using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Sigmoid</c>: Y = 1 / (1 + e⁻ˣ).</summary>
internal sealed class Sigmoid : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.sigmoid();
}
