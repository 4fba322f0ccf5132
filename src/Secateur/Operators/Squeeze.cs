using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Squeeze</c>: X without the axes of size 1 that <c>axes</c> names (an attribute before operator set 13, an input since), or
/// without all of them.
/// </summary>
internal sealed class Squeeze : Operator
{
    public override string WhyWhole => "drops axes of size 1 without naming them";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        [inputs[0]!.reshape(Squeezed(node, inputs[0]!.shape, node.Ints("axes", inputs, 1)))];

    internal override Func<AxisLayout, AxisLayout?> Relayout(Node node, Func<int, long[]?> integers) => layout =>
        (integers(1) ?? node.Ints("axes")) is var axes && axes is null && node.HasInput(1) ? null : layout.Reshaped(Squeezed(node, layout.Shape, axes));

    /// <summary>Where no axes are named, one that shrinks to 1 would go too.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        if (node.Opset >= 13 && !node.HasInput(1)) ties.Block(node);
        else ties.AddReshape(node.Inputs[0], node.Outputs[0]);
    }

    public override void Mend(Node node, Mending mending)
    {
        if (node.Opset < 13 && !node.Has("axes")) mending.Want("axes", [.. mending.Before(node.Inputs[0]).Index().Where(size => size.Item == 1).Select(size => (long)size.Index)]);
    }

    private static long[] Squeezed(Node node, long[] shape, long[]? axes)
    {
        var named = axes?.Select(axis => node.Axis(axis, shape.Length)).ToHashSet();
        if (named?.FirstOrDefault(axis => shape[axis] != 1, -1) is { } wrong and >= 0)
            throw node.Error($"axis {wrong} is of size {shape[wrong]}, not 1; check the data's shape against the model's inputs");
        return [.. shape.Where((size, axis) => named?.Contains(axis) is not true && (named is not null || size != 1))];
    }
}
