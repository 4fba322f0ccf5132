using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceLogSum</c>: ln Σx.</summary>
internal sealed class ReduceLogSum : Reduction
{
    protected override bool InFloats => true;

    protected override bool ZerosAddNothing => true;

    protected override Tensor Apply(Tensor x, long[] axes, bool keep) => x.sum(axes, keep, x.dtype).log();
}
