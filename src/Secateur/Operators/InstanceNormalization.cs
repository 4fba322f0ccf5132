using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>InstanceNormalization</c>: Y = scale·(X − mean)/√(var + epsilon) + B, mean and variance of each channel of each example.
/// </summary>
internal sealed class InstanceNormalization : Operator
{
    public override string WhyWhole => "normalizes over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        [nn.functional.instance_norm(inputs[0]!, weight: inputs[1], bias: inputs[2], eps: node.Float("epsilon", 1e-5f))];

    public override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Scale), new(2, LearnedKind.Bias)];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddAll(node.Inputs[0], node.Outputs[0]);
        for (var input = 1; input < 3; input++) ties.Add(new(node.Inputs[input], 0), new(node.Inputs[0], 1));
        for (var axis = 2; axis < shapes[node.Inputs[0]].Length; axis++) ties.Block(new Axis(node.Inputs[0], axis));
    }
}
