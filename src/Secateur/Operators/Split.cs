using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Split</c>: X cut along <c>axis</c> into parts of the sizes in <c>split</c> (an attribute before operator set 13, an input
/// since), or into equal ones.
/// </summary>
internal sealed class Split : Operator
{
    public override string WhyWhole => "cuts it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var axis = node.Axis("axis", 0, x.dim());
        var (size, count) = (x.shape[axis], node.Int("num_outputs", node.Outputs.Length));
        if (count < 1 || count != node.Outputs.Length) throw node.Error($"is to make {count} outputs and has {node.Outputs.Length}; export the model again");
        var part = (size + count - 1) / count;
        var sizes = node.Ints("split", inputs, 1)
            ?? [.. Enumerable.Range(0, (int)count).Select(index => Math.Clamp(size - index * part, 0, part))];
        if (sizes.Sum() != size || sizes.Min() < 0)
            throw node.Error($"cannot cut axis {axis} of size {size} into [{string.Join(", ", sizes)}]; check the data's shape against the model's inputs");
        return x.split(sizes, axis);
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var x = node.Inputs[0];
        var cut = node.Axis("axis", 0, shapes[x].Length);
        string[] parts = [.. node.Outputs.Where(shapes.Has)];
        foreach (var part in parts) ties.AddAll(x, part, except: cut);
        if (parts.Length == node.Outputs.Length) ties.AddJoined(new(x, cut), parts.Select(part => new Axis(part, cut)));
    }

    public override IEnumerable<int> Sizes(Node node) => [1];

    public override void Mend(Node node, Mending mending)
    {
        var cut = node.Axis("axis", 0, mending.Before(node.Inputs[0]).Length);
        long[] sizes = [.. node.Outputs.Select(part => mending.After(part)[cut])];
        if (node.HasInput(1)) mending.Want(1, sizes);
        else if (node.Has("split")) mending.Want("split", sizes);
        else if (sizes.Distinct().Count() > 1 && !sizes.SequenceEqual(node.Outputs.Select(part => mending.Before(part)[cut])))
            throw node.Error("cuts into equal parts, which do not shrink alike; keep them whole");
    }
}
