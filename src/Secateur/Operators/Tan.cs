using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Tan</c>: Y = tan X.</summary>
internal sealed class Tan : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.tan();
}
