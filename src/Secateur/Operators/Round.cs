using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Round</c>: Y = X rounded, halves to the even; no gradient passes.</summary>
internal sealed class Round : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.round();
}
