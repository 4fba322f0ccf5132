using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceSum</c>: the sum.</summary>
internal sealed class ReduceSum : Reduction
{
    protected override bool ZerosAddNothing => true;

    protected override Tensor Apply(Tensor x, long[] axes, bool keep) => x.sum(axes, keep, x.dtype);
}
