using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Expand</c>: X broadcast together with a shape; a view.</summary>
/// <remarks>A constant shape that names the size of an axis must be written anew where that axis shrinks.</remarks>
internal sealed class Expand : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (from, wanted) = (inputs[0]!.shape, node.Ints(inputs[1]!));
        var to = new long[Math.Max(from.Length, wanted.Length)];
        for (var back = 1; back <= to.Length; back++)
        {
            var (have, want) = (back <= from.Length ? from[^back] : 1, back <= wanted.Length ? wanted[^back] : 1);
            to[^back] = have == want || want == 1 ? have : have == 1 ? want
                : throw node.Error($"cannot expand [{string.Join(", ", from)}] to [{string.Join(", ", wanted)}]; "
                    + "check the data's shape against the model's inputs");
        }
        return [inputs[0]!.expand(to)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y, wanted) = (node.Inputs[0], node.Outputs[0], shapes.Integers(node.Inputs[1]));
        ties.AddBroadcast(x, y, shapes);
        ties.Block(new Axis(node.Inputs[1], 0));
        if (wanted is not null) return;
        for (var axis = 0; axis < shapes[y].Length; axis++) ties.Block(new Axis(y, axis)); // a size that is computed may not follow
    }
}
