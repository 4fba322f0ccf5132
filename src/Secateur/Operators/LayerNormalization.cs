using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>LayerNormalization</c>: Y = Scale·(X − mean)/√(var + epsilon) + B, mean and variance over the axes from <c>axis</c> on.</summary>
/// <remarks>Optional further outputs: the mean and 1/√(var + epsilon), with the normalized axes kept as 1.</remarks>
internal sealed class LayerNormalization : Operator
{
    public override string WhyWhole => "normalizes over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, scale, bias) = (inputs[0]!, inputs[1]!, inputs.Length > 2 ? inputs[2] : null);
        var (axis, epsilon) = (node.Axis("axis", -1, x.dim()), node.Float("epsilon", 1e-5f));
        var normalized = x.shape[axis..];
        var y = nn.functional.layer_norm(x, normalized, Whole(scale), Whole(bias), epsilon);
        if (node.Outputs.Length == 1) return [y];
        long[] axes = [.. Enumerable.Range(axis, normalized.Length)];
        var mean = x.mean(axes, keepdim: true);
        var deviation = ((x - mean).square().mean(axes, keepdim: true) + epsilon).rsqrt();
        return [y, mean, deviation];

        Tensor? Whole(Tensor? learned) => learned is null || learned.shape.AsSpan().SequenceEqual(normalized) ? learned : learned.expand(normalized);
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Scale), new(2, LearnedKind.Bias)];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var x = node.Inputs[0];
        var rank = shapes[x].Length;
        foreach (var output in node.Outputs.Where(shapes.Has)) ties.AddBroadcast(output, x);
        foreach (var learned in node.Inputs.Skip(1).Where(shapes.Has)) ties.AddBroadcast(learned, x);
        // the mean is over all of these axes: without some it would be another
        for (var axis = node.Axis("axis", -1, rank); axis < rank; axis++) ties.Block(new Axis(x, axis));
    }
}
