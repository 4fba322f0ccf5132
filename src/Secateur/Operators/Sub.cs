using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Sub</c>: Y = A − B. A constant operand is not learned: it standardizes an input.</summary>
internal sealed class Sub : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a - b;
}
