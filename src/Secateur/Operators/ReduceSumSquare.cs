using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceSumSquare</c>: Σx².</summary>
internal sealed class ReduceSumSquare : Reduction
{
    protected override bool ZerosAddNothing => true;

    protected override Tensor Apply(Tensor x, long[] axes, bool keep) => x.square().sum(axes, keep, x.dtype);
}
