using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>And</c>: Y = A ∧ B; booleans.</summary>
internal sealed class And : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.logical_and(b);
}
