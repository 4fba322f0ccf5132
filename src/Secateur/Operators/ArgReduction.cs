using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>The place of an extreme along <c>axis</c>, int64; of several equal ones the first, or where <c>select_last_index</c> is set the last.</summary>
internal abstract class ArgReduction : Operator
{
    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var (axis, keep) = (node.Axis("axis", 0, x.dim()), node.Flag("keepdims", true));
        return [node.Flag("select_last_index") ? x.shape[axis] - 1 - Find(x.flip(axis), axis, keep) : Find(x, axis, keep)];
    }

    protected abstract Tensor Find(Tensor x, long axis, bool keep);
}
