using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceMax</c>: the greatest; ties share the gradient, of none −∞.</summary>
internal sealed class ReduceMax : Reduction
{
    protected override Tensor Apply(Tensor x, long[] axes, bool keep) =>
        x.numel() > 0 ? x.amax(axes, keep) : x.sum(axes, keep, x.dtype) + double.NegativeInfinity;
}
