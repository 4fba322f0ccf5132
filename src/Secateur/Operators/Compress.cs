using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Compress</c>: what of X along <c>axis</c> (or of X flattened, where it has none) the condition, a vector of booleans,
/// keeps.
/// </summary>
internal sealed class Compress : Operator
{
    public override string WhyWhole => "picks from it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, condition) = (inputs[0]!, inputs[1]!);
        if (!node.Has("axis")) x = x.reshape(-1);
        var axis = node.Axis("axis", 0, x.dim());
        if (condition.dim() != 1 || condition.shape[0] > x.shape[axis])
            throw node.Error($"its condition is [{string.Join(", ", condition.shape)}] for an axis of size {x.shape[axis]}; check the data's shape");
        return [x.index_select(axis, condition.nonzero().reshape(-1))];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        if (!node.Has("axis"))
        {
            ties.Block(node);
            return;
        }
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        var cut = node.Axis("axis", 0, shapes[x].Length);
        ties.AddAll(x, y, except: cut);
        foreach (var axis in (Axis[])[new(x, cut), new(y, cut), new(node.Inputs[1], 0)]) ties.Block(axis);
    }
}
