using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// The place of an extreme along <c>axis</c>, int64; of several equal ones the first, or where <c>select_last_index</c> is set the
/// last.
/// </summary>
internal abstract class ArgReduction : Operator
{
    public override string WhyWhole => "searches along it";

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var (axis, keep) = (node.Axis("axis", 0, x.dim()), node.Flag("keepdims", true));
        return [node.Flag("select_last_index") ? x.shape[axis] - 1 - Find(x.flip(axis), axis, keep) : Find(x, axis, keep)];
    }

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        var searched = node.Axis("axis", 0, shapes[x].Length);
        for (int axis = 0, kept = 0; axis < shapes[x].Length; axis++)
        {
            if (axis != searched) ties.Add(new(x, axis), new(y, kept++));
            else if (node.Flag("keepdims", true)) kept++;
        }
        ties.Block(new Axis(x, searched));
    }

    protected abstract Tensor Find(Tensor x, long axis, bool keep);
}
