using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceL1</c>: Σ|x|.</summary>
internal sealed class ReduceL1 : Reduction
{
    protected override bool ZerosAddNothing => true;

    protected override Tensor Apply(Tensor x, long[] axes, bool keep) => x.abs().sum(axes, keep, x.dtype);
}
