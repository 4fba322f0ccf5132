using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Max</c>: the greatest of the operands, by element.</summary>
internal sealed class Max : Variadic
{
    protected override Tensor Fold(Tensor so, Tensor next) => maximum(so, next);
}
