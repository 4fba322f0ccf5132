using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Reshape</c>: X's elements in another shape; one −1 is what remains, 0 is X's own size there (unless <c>allowzero</c>).</summary>
/// <remarks>A constant shape that names the size of an axis, by a 0 as well, must be written anew where that axis shrinks.</remarks>
internal sealed class Reshape : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var (from, to) = (x.shape, node.Ints(inputs[1]!));
        for (var axis = 0; axis < to.Length && !node.Flag("allowzero"); axis++)
        {
            if (to[axis] != 0) continue;
            to[axis] = axis < from.Length ? from[axis]
                : throw node.Error($"its shape keeps axis {axis}, but its input has {from.Length} axes; export the model again");
        }
        return [x.reshape(to)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddReshape(node.Inputs[0], node.Outputs[0], shapes);
        ties.Block(new Axis(node.Inputs[1], 0));
    }
}
