using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Expand</c>: X broadcast together with a shape; a view.</summary>
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
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        ties.AddBroadcast(x, y);
        for (var axis = 0; axis < shapes[y].Length; axis++) ties.Pass(new(y, axis)); // as often as it is repeated
    }

    public override IEnumerable<int> Sizes(Node node) => [1];

    public override void Mend(Node node, Mending mending)
    {
        var (from, to) = (mending.After(node.Inputs[0]), mending.After(node.Outputs[0]));
        if (mending.Numbers(1) is not { } told)
        {
            if (!to.SequenceEqual(mending.Before(node.Outputs[0]))) mending.Want(1, to);
            return;
        }
        mending.Want(1, [.. told.Select((size, place) =>
        {
            var (axis, own) = (place + to.Length - told.Length, place + from.Length - told.Length);
            return size == 1 && own >= 0 && from[own] == to[axis] ? 1 : to[axis];
        })]);
    }
}
