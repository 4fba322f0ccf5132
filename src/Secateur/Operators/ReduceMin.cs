using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceMin</c>: the least; ties share the gradient, of none ∞.</summary>
internal sealed class ReduceMin : Reduction
{
    protected override Tensor Apply(Tensor x, long[] axes, bool keep) =>
        x.numel() > 0 ? x.amin(axes, keep) : x.sum(axes, keep, x.dtype) + double.PositiveInfinity;
}
