using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>SplitToSequence</c>: X cut along <c>axis</c> into parts of the sizes in <c>split</c>; of one size where that is a scalar, the
/// last part being what is left; of size 1 where it is left out, without the axis where <c>keepdims</c> is 0.
/// </summary>
internal sealed class SplitToSequence : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs)
    {
        var x = node.Tensor(inputs, 0);
        var axis = node.Axis("axis", 0, x.dim());
        if (!node.HasInput(1)) return new Sequence([.. node.Flag("keepdims", true) ? Cut(x, Equal(x.shape[axis], 1), axis) : x.unbind(axis)]);
        var split = node.Tensor(inputs, 1);
        var sizes = node.Ints(split);
        if (split.dim() == 0 && sizes[0] > 0) sizes = Equal(x.shape[axis], sizes[0]);
        if (split.dim() > 1 || sizes.Any(size => size < 0 || size > x.shape[axis]) || sizes.Sum() != x.shape[axis])
            throw node.Error($"cannot cut axis {axis} of size {x.shape[axis]} into [{string.Join(", ", sizes.Take(10))}]; check the data's shape against the model's inputs");
        return new Sequence([.. Cut(x, sizes, axis)]);
    }

    private static Tensor[] Cut(Tensor x, long[] sizes, int axis) => sizes.Length == 0 ? [] : x.split(sizes, axis);

    private static long[] Equal(long whole, long part)
    {
        var sizes = new long[whole / part + (whole % part > 0 ? 1 : 0)];
        for (var i = 0; i < sizes.Length; i++) sizes[i] = Math.Min(part, whole - i * part);
        return sizes;
    }
}
