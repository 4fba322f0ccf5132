using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Softsign</c>: Y = X / (1 + |X|).</summary>
internal sealed class Softsign : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x / (1 + x.abs());
}
