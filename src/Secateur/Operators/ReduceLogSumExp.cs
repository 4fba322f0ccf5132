using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceLogSumExp</c>: ln Σeˣ, without overflow.</summary>
internal sealed class ReduceLogSumExp : Reduction
{
    protected override bool InFloats => true;

    protected override Tensor Apply(Tensor x, long[] axes, bool keep) =>
        axes.OrderDescending().Aggregate(x, (y, axis) => y.logsumexp(axis, keep)); // LibTorch's takes one axis, and it nests
}
