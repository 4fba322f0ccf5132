using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>TopK</c>: the K greatest (or where <c>largest</c> is 0 smallest) elements along <c>axis</c> in order, and their places;
/// of equal ones the first come first.
/// </summary>
/// <remarks>K is an attribute before operator set 10, an input since.</remarks>
internal sealed class TopK : Operator
{
    public override string WhyWhole => "sorts along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var axis = node.Axis("axis", -1, x.dim());
        var k = node.Opset < 10 ? node.Int("k", -1) : node.Ints(inputs[1]!) is [var only] ? only : -1;
        if (k < 0 || k > x.shape[axis]) throw node.Error($"cannot take {k} of the {x.shape[axis]} elements of axis {axis}; check the data's shape");
        // LibTorch's topk takes any of equal elements
        var (values, places) = x.sort(axis, descending: node.Flag("largest", true), stable: true);
        return [values.narrow(axis, 0, k), places.narrow(axis, 0, k)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var x = node.Inputs[0];
        var sought = node.Axis("axis", -1, shapes[x].Length);
        ties.Block(new Axis(x, sought));
        foreach (var output in node.Outputs.Where(shapes.Has))
        {
            ties.AddAll(x, output, except: sought);
            ties.Block(new Axis(output, sought));
        }
    }
}
