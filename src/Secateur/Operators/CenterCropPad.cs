using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>CenterCropPad</c>: X cropped, or padded with zeros, at both ends of its <c>axes</c> (all unless given) to a shape.</summary>
internal sealed class CenterCropPad : Operator
{
    public override string WhyWhole => "crops or pads it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var (axes, sizes) = (Axes(node, x.dim()), node.Ints(inputs[1]!));
        if (sizes.Length != axes.Length || Array.Exists(sizes, size => size < 0))
            throw node.Error($"its shape [{string.Join(", ", sizes)}] is not one size for each of {axes.Length} axes; export the model again");
        var pads = new long[2 * x.dim()]; // as LibTorch wants it: last axis first; below 0 crops
        var shape = x.shape;
        foreach (var (axis, size) in axes.Zip(sizes))
        {
            shape[axis] = size;
            var (more, end) = (size - x.shape[axis], 2 * (x.dim() - axis) - 1);
            pads[end - 1] = more / 2; // towards zero, whether it pads or crops
            pads[end] = more - more / 2;
        }
        node.Affordable(shape, x.numel());
        return [nn.functional.pad(x, pads, TorchSharp.PaddingModes.Constant, 0)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        var cut = Axes(node, shapes[x].Length);
        ties.AddAll(x, y, except: cut);
        foreach (var axis in cut)
        {
            ties.Block(new Axis(x, axis));
            ties.Block(new Axis(y, axis));
        }
    }

    private static int[] Axes(Node node, long rank) =>
        node.Ints("axes")?.Select(axis => node.Axis(axis, rank)).ToArray() ?? [.. Enumerable.Range(0, (int)rank)];
}
