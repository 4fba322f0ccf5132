using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ReduceProd</c>: the product.</summary>
internal sealed class ReduceProd : Reduction
{
    protected override Tensor Apply(Tensor x, long[] axes, bool keep) =>
        axes.OrderDescending().Aggregate(x, (y, axis) => y.prod(axis, keep, x.dtype)); // LibTorch's takes one axis
}
