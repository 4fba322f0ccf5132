using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Reshape</c>: X's elements in another shape; one −1 is what remains, 0 is X's own size there (unless <c>allowzero</c>).</summary>
/// <remarks>A constant shape that names the size of an axis, by a 0 as well, must be written anew where that axis shrinks.</remarks>
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

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddReshape(node.Inputs[0], node.Outputs[0], shapes);
        ties.Block(new Axis(node.Inputs[1], 0));
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
