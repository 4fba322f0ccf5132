using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceMin</c>: the least; ties share the gradient.</summary>
internal sealed class ReduceMin : Reduction
{
    protected override Tensor Apply(Tensor x, long[] axes, bool keep) => x.amin(axes, keep);
}
