using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Neg</c>: Y = −X.</summary>
internal sealed class Neg : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.neg();
}
