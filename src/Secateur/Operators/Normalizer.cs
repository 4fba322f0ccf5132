using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// Softmax and its logarithm: along one axis since operator set 13, before it over all axes from <c>axis</c> on as if they were one.
/// </summary>
internal abstract class Normalizer : Operator
{
    public override string WhyWhole => "takes the softmax over it";

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var axis = Axis(node, x.dim());
        if (node.Opset >= 13 || axis == x.dim() - 1) return [Apply(x, axis)];
        var shape = x.shape;
        var rows = shape.Take(axis).Aggregate(1L, (product, size) => product * size);
        return [Apply(x.reshape(rows, rows == 0 ? 0 : x.numel() / rows), 1).reshape(shape)];
    }

    protected abstract Tensor Apply(Tensor x, long axis);

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddAll(node.Inputs[0], node.Outputs[0]);
        var rank = shapes[node.Inputs[0]].Length;
        var axis = Axis(node, rank);
        for (var summed = axis; summed < (node.Opset >= 13 ? axis + 1 : rank); summed++) ties.Block(new Axis(node.Inputs[0], summed));
    }

    private static int Axis(Node node, long rank) => node.Axis("axis", node.Opset >= 13 ? -1 : 1, rank);
}
