using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>MeanVarianceNormalization</c>: Y = (X − mean) / (√var + 1e-9), mean and variance over <c>axes</c> (0, 2 and 3 unless given).</summary>
internal sealed class MeanVarianceNormalization : Operator
{
    public override string WhyWhole => "normalizes over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        long[] axes = [.. Axes(node, x.dim())];
        var centred = x - x.mean(axes, keepdim: true);
        return [centred / (centred.square().mean(axes, keepdim: true).sqrt() + 1e-9)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddAll(node.Inputs[0], node.Outputs[0]);
        foreach (var axis in Axes(node, shapes[node.Inputs[0]].Length)) ties.Block(new Axis(node.Inputs[0], (int)axis));
    }

    private static IEnumerable<long> Axes(Node node, long rank) => (node.Ints("axes") ?? [0, 2, 3]).Select(axis => (long)node.Axis(axis, rank));
}
