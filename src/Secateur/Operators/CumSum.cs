using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>CumSum</c>: sums along an axis (the second input) up to each element, without it where <c>exclusive</c>, from the end
/// where <c>reverse</c>.
/// </summary>
internal sealed class CumSum : Operator
{
    public override string WhyWhole => "adds up along an axis that the data decides";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var axis = node.Axis(node.Ints(inputs[1]!) is [var only] ? only : throw node.Error("its axis is not one number; export the model again"), x.dim());
        var reverse = node.Flag("reverse");
        if (reverse) x = x.flip(axis);
        if (node.Flag("exclusive") && x.shape[axis] > 0)
            x = cat([zeros_like(x.narrow(axis, 0, 1)), x.narrow(axis, 0, x.shape[axis] - 1)], axis);
        var y = x.cumsum(axis, x.dtype);
        return [reverse ? y.flip(axis) : y];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        if (shapes.Integers(node.Inputs[1]) is not [var summed])
        {
            ties.Block(node);
            return;
        }
        ties.AddAll(node.Inputs[0], node.Outputs[0]);
        ties.Sum(new(node.Inputs[0], node.Axis(summed, shapes[node.Inputs[0]].Length))); // zeros add nothing to the sums behind them
    }
}
