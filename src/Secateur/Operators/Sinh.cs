using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Sinh</c>: Y = sinh X.</summary>
internal sealed class Sinh : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.sinh();
}
