using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>BitwiseNot</c>: Y = X with every bit turned; signed integers, or unsigned ones of 8 bits.</summary>
internal sealed class BitwiseNot : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.bitwise_not();
}
