using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Reshape</c>: X's elements in another shape; one −1 is what remains, 0 is X's own size there (unless <c>allowzero</c>).</summary>
internal sealed class Reshape : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        [inputs[0]!.reshape(Target(node, inputs[0]!.shape, node.Ints(inputs[1]!)))];

    internal override Func<AxisLayout, AxisLayout?> Relayout(Node node, Func<int, long[]?> integers) => layout =>
    {
        var from = layout.Shape;
        if (integers(1) is not { } told || Target(node, from, told) is not { } to) return null;
        var (open, given) = (Array.IndexOf(to, -1), to.Where(size => size != -1).ToArray().Product());
        if (open >= 0 && given > 0) to[open] = from.Product() / given;
        return Array.TrueForAll(to, size => size >= 0) && to.Product() == from.Product() ? layout.Reshaped(to) : null; // else it cannot be run
    };

    public override void Tie(Node node, Shapes shapes, Ties ties) => ties.AddReshape(node.Inputs[0], node.Outputs[0]);

    public override IEnumerable<int> Sizes(Node node) => [1];

    public override void Mend(Node node, Mending mending)
    {
        var (from, to) = (mending.After(node.Inputs[0]), mending.After(node.Outputs[0]));
        if (mending.Numbers(1) is not { } told)
        {
            if (!to.SequenceEqual(mending.Before(node.Outputs[0]))) mending.Want(1, to);
            return;
        }
        mending.Want(1, [.. told.Select((size, axis) => size switch
        {
            0 when !node.Flag("allowzero") && axis < from.Length && from[axis] == to[axis] => 0,
            -1 => -1,
            _ => to[axis],
        })]);
    }

    private static long[] Target(Node node, long[] from, long[] to)
    {
        for (var axis = 0; axis < to.Length && !node.Flag("allowzero"); axis++)
        {
            if (to[axis] != 0) continue;
            to[axis] = axis < from.Length ? from[axis]
                : throw node.Error($"its shape keeps axis {axis}, but its input has {from.Length} axes; export the model again");
        }
        return to;
    }
}
