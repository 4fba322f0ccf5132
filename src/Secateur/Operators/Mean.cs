using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Mean</c>: the mean of the operands, by element.</summary>
internal sealed class Mean : Variadic
{
    protected override Tensor Fold(Tensor so, Tensor next) => so + next;

    protected override Tensor Finish(Tensor folded, int operands) => folded / operands;
}
