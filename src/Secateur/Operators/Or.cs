using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Or</c>: Y = A ∨ B; booleans.</summary>
internal sealed class Or : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => a.logical_or(b);
}
