using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>GroupNormalization</c>: Y = scale·(X − mean)/√(var + epsilon) + bias, mean and variance over each of <c>num_groups</c>
/// groups of channels.
/// </summary>
/// <remarks>Scale and bias are per channel since operator set 21; in 18 they are per group.</remarks>
internal sealed class GroupNormalization : Operator
{
    public override string WhyWhole => "normalizes over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, groups) = (inputs[0]!, node.Int("num_groups", 1));
        if (groups < 1 || x.dim() < 2 || x.shape[1] % groups != 0)
            throw node.Error($"cannot divide the channels of [{string.Join(", ", x.shape)}] into {groups} groups; check the data's shape");
        return [nn.functional.group_norm(x, groups, ByChannel(inputs[1]!), ByChannel(inputs[2]!), node.Float("epsilon", 1e-5f))];

        Tensor ByChannel(Tensor learned) => node.Opset >= 21 ? learned : learned.repeat_interleave(x.shape[1] / groups);
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Scale), new(2, LearnedKind.Bias)];

    /// <summary>A whole group may go; a channel fewer would be another mean of its group.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y, groups) = (node.Inputs[0], node.Outputs[0], node.Int("num_groups", 1));
        ties.Add(new(x, 0), new(y, 0));
        ties.Add(new(x, 1), new(y, 1));
        var group = ties.Free(groups);
        ties.AddProduct(new(x, 1), group, shapes[x][1] / groups);
        for (var input = 1; input < 3; input++)
            ties.AddProduct(new(node.Inputs[input], 0), node.Opset >= 21 ? [group, shapes[x][1] / groups] : [group]);
    }

    public override void Mend(Node node, Mending mending)
    {
        var groups = node.Int("num_groups", 1);
        mending.Want("num_groups", groups * mending.After(node.Inputs[0])[1] / mending.Before(node.Inputs[0])[1]);
    }
}
