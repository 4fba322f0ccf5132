using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Tile</c>: X repeated along each axis as often as <c>repeats</c> says.</summary>
internal sealed class Tile : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var repeats = node.Ints(inputs[1]!);
        if (repeats.Length != inputs[0]!.dim() || repeats.Any(count => count < 0))
            throw node.Error($"repeats is [{string.Join(", ", repeats)}] for an input of {inputs[0]!.dim()} axes; one count of 0 or more an axis is needed");
        node.Affordable([.. inputs[0]!.shape.Zip(repeats, (size, count) => size * count)], inputs[0]!.numel());
        return [inputs[0]!.repeat(repeats)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y, repeats) = (node.Inputs[0], node.Outputs[0], shapes.Integers(node.Inputs[1]));
        for (var axis = 0; axis < shapes[x].Length; axis++)
        {
            if (repeats?[axis] == 1)
            {
                ties.Add(new(x, axis), new(y, axis));
                continue;
            }
            ties.Block(new Axis(x, axis));
            ties.Block(new Axis(y, axis));
        }
    }
}
