using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>GatherElements</c>: Y, of the indices' shape, holds at each place data's element with that index along <c>axis</c>; a
/// negative one counts from the back.
/// </summary>
internal sealed class GatherElements : Operator
{
    public override string WhyWhole => "looks it up by index";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (data, indices) = (inputs[0]!, inputs[1]!);
        var (axis, from, sizes) = (node.Axis("axis", 0, data.dim()), data.shape, indices.shape);
        if (sizes.Length != from.Length || sizes.Index().Any(size => size.Index != axis && size.Item > from[size.Index]))
            throw node.Error($"cannot look up [{string.Join(", ", sizes)}] in [{string.Join(", ", from)}]; check the data's shape");
        return [data.gather(axis, node.Places(indices, from[axis]))];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (data, indices, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        var gathered = node.Axis("axis", 0, shapes[data].Length);
        ties.AddAll(indices, y);
        for (var axis = 0; axis < shapes[data].Length; axis++)
        {
            if (axis == gathered) ties.Block(new Axis(data, axis));
            else if (shapes[data][axis] == shapes[indices][axis]) ties.Add(new(data, axis), new(y, axis));
            else foreach (var tensor in (string[])[data, y]) ties.Block(new Axis(tensor, axis));
        }
    }
}
