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
/// <remarks>
/// Where the file sets <c>training_mode</c>, mean and variance are the batch's; further outputs are the statistics moved by the
/// momentum.
/// </remarks>
internal sealed class BatchNormalization : Operator
{
    public override string WhyWhole => "normalizes over it";

    internal override bool Repeats => false;

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, mean, variance) = (inputs[0]!, inputs[3]!.detach(), inputs[4]!.detach()); // statistics are never learned, even where a node in between made them
        var momentum = mode.Again ? 0 : mode.Momentum ?? 1 - node.Float("momentum", 0.9f);
        var ofBatch = mode.Training || node.Flag("training_mode");
        Tensor[] statistics = node.Outputs.Length > 1 ? Moved(x, mean, variance, ofBatch ? momentum : 0) : [];
        if (ofBatch && !mode.Training) (mean, variance) = (mean.clone(), variance.clone()); // in use the file's own stay
        return [functional.batch_norm(x, mean, variance, inputs[1], inputs[2], ofBatch, momentum, node.Float("epsilon", 1e-5f)), .. statistics];
    }

    public override IEnumerable<Learned> Learned(Node node) =>
    [
        new(1, LearnedKind.Scale), new(2, LearnedKind.Bias), new(3, LearnedKind.Statistic), new(4, LearnedKind.Statistic),
    ];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddAll(node.Inputs[0], node.Outputs[0]);
        foreach (var name in node.Inputs.Skip(1).Concat(node.Outputs.Skip(1)).Where(shapes.Has)) ties.Add(new(name, 0), new(node.Inputs[0], 1));
        if (!node.Flag("training_mode")) return;
        for (var axis = 0; axis < shapes[node.Inputs[0]].Length; axis++)
            if (axis != 1) ties.Block(new Axis(node.Inputs[0], axis)); // the mean is over these
    }

    /// <summary>The statistics moved to the batch's by a share; unlike LibTorch's, the variance counts every element.</summary>
    private static Tensor[] Moved(Tensor x, Tensor mean, Tensor variance, double share)
    {
        if (share == 0) return [mean.clone(), variance.clone()];
        long[] axes = [.. Enumerable.Range(0, (int)x.dim()).Where(axis => axis != 1)];
        return [mean * (1 - share) + x.mean(axes) * share, variance * (1 - share) + x.var(axes, unbiased: false) * share];
    }
}
