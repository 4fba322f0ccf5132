using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>A normalization over the last axis of X + skip + bias; skip is X's shape or broadcast to it. The fourth output is that sum.</summary>
internal abstract class SkipNormalization : Operator
{
    public override string WhyWhole => "normalizes over it";

    /// <summary>The place of the optional bias among the inputs; all between the skip and it are the norm's own.</summary>
    protected abstract int Bias { get; }

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var sum = inputs[0]! + inputs[1]!;
        if (inputs.Length > Bias && inputs[Bias] is { } bias) sum += bias;
        if (!sum.shape.AsSpan().SequenceEqual(inputs[0]!.shape) || sum.dim() == 0)
            throw node.Error($"its skip [{string.Join(", ", inputs[1]!.shape)}] does not fit its input [{string.Join(", ", inputs[0]!.shape)}]; check the data's shape");
        var (y, mean, factor) = Normalize(node, sum, [.. inputs.Skip(2).Take(Bias - 2)]);
        return [.. new[] { y, mean, factor, sum }.Take(node.Outputs.Length)];
    }

    /// <returns>The normalized sum, its mean and what it was multiplied by, these two with a last axis of 1.</returns>
    protected abstract (Tensor Y, Tensor Mean, Tensor Factor) Normalize(Node node, Tensor sum, Tensor?[] learned);

    public sealed override IEnumerable<Learned> Learned(Node node) =>
        [new(2, LearnedKind.Scale), .. Enumerable.Range(3, Bias - 2).Select(input => new Learned(input, LearnedKind.Bias))];

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var x = node.Inputs[0];
        foreach (var other in node.Inputs.Skip(1).Concat(node.Outputs).Where(shapes.Has)) ties.AddBroadcast(other, x);
        ties.Block(new Axis(x, shapes[x].Length - 1)); // the mean is over it
    }
}
