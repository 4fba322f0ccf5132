using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Relu</c>: Y = max(X, 0).</summary>
internal sealed class Relu : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.relu();
}
