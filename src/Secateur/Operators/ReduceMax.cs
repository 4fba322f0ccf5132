using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceMax</c>: the greatest; ties share the gradient.</summary>
internal sealed class ReduceMax : Reduction
{
    protected override Tensor Apply(Tensor x, long[] axes, bool keep) => x.amax(axes, keep);
}
