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
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, groups) = (inputs[0]!, node.Int("num_groups", 1));
        if (groups < 1 || x.dim() < 2 || x.shape[1] % groups != 0)
            throw node.Error($"cannot divide the channels of [{string.Join(", ", x.shape)}] into {groups} groups; check the data's shape");
        return [nn.functional.group_norm(x, groups, ByChannel(inputs[1]!), ByChannel(inputs[2]!), node.Float("epsilon", 1e-5f))];

        Tensor ByChannel(Tensor learned) => node.Opset >= 21 ? learned : learned.repeat_interleave(x.shape[1] / groups);
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Scale), new(2, LearnedKind.Bias)];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        // a channel fewer is another mean of its group: only the batch may shrink
        ties.Add(new(node.Inputs[0], 0), new(node.Outputs[0], 0));
        for (var axis = 1; axis < shapes[node.Inputs[0]].Length; axis++)
        {
            ties.Block(new Axis(node.Inputs[0], axis));
            ties.Block(new Axis(node.Outputs[0], axis));
        }
        for (var input = 1; input < 3; input++) ties.Block(new Axis(node.Inputs[input], 0));
    }
}
