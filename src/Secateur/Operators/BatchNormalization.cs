using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>BatchNormalization</c>: Y = scale·(X − mean)/√(var + epsilon) + B by channel (axis 1). Training updates mean and var in
/// place.
/// </summary>
internal sealed class BatchNormalization : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var momentum = mode.Momentum ?? 1 - node.Float("momentum", 0.9f);
        return [functional.batch_norm(inputs[0]!, inputs[3]!, inputs[4]!, inputs[1], inputs[2], mode.Training, momentum, node.Float("epsilon", 1e-5f))];
    }

    public override IEnumerable<Learned> Learned(Node node) =>
    [
        new(1, LearnedKind.Scale), new(2, LearnedKind.Bias), new(3, LearnedKind.Statistic), new(4, LearnedKind.Statistic),
    ];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddAll(node.Inputs[0], node.Outputs[0], shapes);
        for (var input = 1; input < 5; input++) ties.Add(new(node.Inputs[input], 0), new(node.Inputs[0], 1));
    }
}
