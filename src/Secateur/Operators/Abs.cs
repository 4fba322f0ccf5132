using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Abs</c>: Y = |X|.</summary>
internal sealed class Abs : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.abs();
}
