using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Tile</c>: X repeated along each axis as often as <c>repeats</c> says.</summary>
internal sealed class Tile : Operator
{
    public override string WhyWhole => "repeats it";

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
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        for (var axis = 0; axis < shapes[x].Length; axis++)
        {
            if (shapes[x][axis] == shapes[y][axis]) ties.Add(new(x, axis), new(y, axis));
            else if (shapes[x][axis] > 0) ties.AddProduct(new(y, axis), ties.Free(shapes[y][axis] / shapes[x][axis]), new Axis(x, axis));
        }
    }

    public override IEnumerable<int> Sizes(Node node) => [1];

    public override void Mend(Node node, Mending mending)
    {
        var (from, to) = (mending.After(node.Inputs[0]), mending.After(node.Outputs[0]));
        mending.Want(1, [.. from.Zip(to, (before, after) => before == 0 ? 1 : after / before)]);
    }
}
