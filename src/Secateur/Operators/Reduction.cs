using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>A reduction over <c>axes</c>, an attribute or (of newer operator sets) an input; over all axes where there are none.</summary>
internal abstract class Reduction : Operator
{
    public override string WhyWhole => "reduces over it";

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var axes = node.Ints("axes", inputs, 1) ?? [];
        var numbers = InFloats && x.is_integral() ? x.to(ScalarType.Float64) : x;
        // over an axis of size 1, so that a square or a logarithm is still taken
        if (axes.Length == 0 && node.Flag("noop_with_empty_axes")) return [Apply(numbers.unsqueeze(-1), [x.dim()], keep: false).to(x.dtype)];
        long[] reduced = axes.Length > 0 ? [.. axes.Select(axis => (long)node.Axis(axis, x.dim()))] : [.. Enumerable.Range(0, (int)x.dim())];
        return [Apply(numbers, reduced, node.Flag("keepdims", true)).to(x.dtype)];
    }

    /// <summary>Whether integers are reduced as floating-point numbers and the result is cut towards zero.</summary>
    protected virtual bool InFloats => false;

    /// <summary>Whether the result stays the same without elements that are 0.</summary>
    protected virtual bool ZerosAddNothing => false;

    protected abstract Tensor Apply(Tensor x, long[] axes, bool keep);

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        var rank = shapes[x].Length;
        if ((node.HasInput(1) ? shapes.Integers(node.Inputs[1]) : node.Ints("axes") ?? []) is not { } axes)
        {
            ties.Block(node); // the data decides which
            return;
        }
        var reduced = axes.Select(axis => node.Axis(axis, rank)).ToHashSet();
        if (axes.Length == 0 && !node.Flag("noop_with_empty_axes")) reduced = [.. Enumerable.Range(0, rank)];
        for (int axis = 0, kept = 0; axis < rank; axis++)
        {
            if (reduced.Contains(axis) && ZerosAddNothing) ties.Sum(new(x, axis));
            else if (reduced.Contains(axis)) ties.Block(new Axis(x, axis));
            else ties.Add(new(x, axis), new(y, node.Flag("keepdims", true) ? axis : kept++));
        }
    }
}
