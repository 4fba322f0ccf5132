using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Sum</c>: the sum of the operands, by element.</summary>
internal sealed class Sum : Variadic
{
    protected override Tensor Fold(Tensor so, Tensor next) => so.Plus(next);
}
