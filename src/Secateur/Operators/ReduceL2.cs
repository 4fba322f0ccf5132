using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceL2</c>: the Euclidean norm, √Σx²; its gradient is 0 where the norm is.</summary>
internal sealed class ReduceL2 : Reduction
{
    protected override bool InFloats => true;

    protected override bool ZerosAddNothing => true;

    protected override Tensor Apply(Tensor x, long[] axes, bool keep) => linalg.vector_norm(x, 2, axes, keep);
}
