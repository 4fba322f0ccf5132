using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>Y = Scale·X/√(mean of X² + epsilon), the mean over the axes from <c>axis</c> on; the optional second output is the factor on X.</summary>
internal abstract class RootMeanSquare : Operator
{
    public override string WhyWhole => "normalizes over it";

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, scale) = (inputs[0]!, inputs[1]!);
        var (y, factor) = Normalize(x, node.Axis("axis", -1, x.dim()), node.Float("epsilon", 1e-5f));
        return node.Outputs.Length == 1 ? [y * scale] : [y * scale, factor];
    }

    /// <summary>X over its root mean square, and one over that.</summary>
    public static (Tensor Y, Tensor Factor) Normalize(Tensor x, int axis, double epsilon)
    {
        var factor = (x.square().mean([.. Enumerable.Range(axis, (int)x.dim() - axis)], keepdim: true) + epsilon).rsqrt();
        return (x * factor, factor);
    }

    public sealed override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Scale)];

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var x = node.Inputs[0];
        foreach (var other in node.Outputs.Append(node.Inputs[1]).Where(shapes.Has)) ties.AddBroadcast(other, x);
        // the mean is over all of these axes: without some it would be another
        for (var axis = node.Axis("axis", -1, shapes[x].Length); axis < shapes[x].Length; axis++) ties.Block(new Axis(x, axis));
    }
}
