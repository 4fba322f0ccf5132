using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceMean</c>: the mean.</summary>
internal sealed class ReduceMean : Reduction
{
    protected override bool InFloats => true;

    protected override Tensor Apply(Tensor x, long[] axes, bool keep) => x.mean(axes, keep);
}
