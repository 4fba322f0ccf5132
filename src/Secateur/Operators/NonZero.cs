using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>NonZero</c>: the places of X's elements that are not 0, int64 [axes of X, places], in row-major order.</summary>
internal sealed class NonZero : Operator
{
    public override string WhyWhole => "picks by value what it gives";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => [inputs[0]!.nonzero().t()];
}
