using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Min</c>: the least of the operands, by element.</summary>
internal sealed class Min : Variadic
{
    protected override Tensor Fold(Tensor so, Tensor next) => minimum(so, next);
}
