using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>Conv over one or two axes with a constant weight, and ONNX Runtime's own with an activation and a sum in it.</summary>
internal sealed class ConvolutionLayer : Layer
{
    private readonly ConvolutionShape _shape;

    private ConvolutionLayer(GraphNode node, GraphValue input, Dense weight, ConvolutionShape shape, int axes) : base(node, input, weight) => (_shape, Axes) = (shape, axes);

    /// <summary>Of an image.</summary>
    public int Axes { get; }

    public ConvolutionShape Geometry => _shape;

    /// <summary>Whether on images of one pixel it is a product of the images with the weights.</summary>
    public bool IsProduct => _shape is { IsPointwise: true, Groups: 1 };

    protected override int AxesBehind => Axes;

    /// <inheritdoc cref="Layer.Of"/>
    public static new unsafe Layer? Of(GraphNode node, out string? objection)
    {
        if (node.Inputs is not [{ } input, { } right, ..]) return None(out objection, "an operand is missing");
        var packed = right.IsConstant ? null : PackedWeight.Of(right, node, isTurned: false);
        if (!right.IsConstant && packed is null) return None(out objection, "its weight is no constant");
        if (!input.IsFloat || !right.IsFloat) return None(out objection, "it is not float32");
        var weights = packed?.Shape ?? right.Constant.Shape.ToArray();
        if (weights.Length is not (3 or 4) || Broadcast.Elements(weights) is 0 or > int.MaxValue) return None(out objection, "it is over three axes or more");
        var (outputs, each, groups) = ((int)weights[0], (int)(Broadcast.Elements(weights) / weights[0]), (int)node.Whole("group", 1));
        if (groups < 1 || outputs % groups != 0) return None(out objection, "its groups do not divide its outputs");
        if (groups > 1 && weights[1] == 1) return None(out objection, "it is depthwise");
        if (ShapeOf(node, input.Shape, weights.AsSpan(2), groups) is not { } shape) return None(out objection, "its padding depends on a size that is not known");
        var layer = new ConvolutionLayer(node, input, packed?.Matrix ?? Dense.ByRows(right.Constant.Data, outputs, each), shape, weights.Length - 2) { Packed = packed };
        objection = layer.AddOperands();
        return objection is null ? layer : null;
    }

    public Convolution Pack()
    {
        var groups = new Compact[_shape.Groups];
        var rows = Weight.Rows / groups.Length;
        using var packed = Packed?.ToCompact();
        for (var group = 0; group < groups.Length; group++)
        {
            groups[group] = packed?.Part(group * rows, (group + 1) * rows) ?? Compact.Of(Weight with { Values = Weight.Values + (nint)group * rows * Weight.Columns * sizeof(float), Rows = rows });
            if (Scale is not null) groups[group].Times(Scale.AsSpan(group * rows, rows));
        }
        var convolution = new Convolution(groups, Bias, _shape, Activation);
        if (!IsProduct || Input.Shape is not [_, _, .. var size] || size.Any(axis => axis > 1)) convolution.Prepare(); // else images may be of one pixel
        return convolution;
    }

    /// <returns>An objection, or null.</returns>
    private string? AddOperands()
    {
        if (Node.Input(2) is { } bias && (!bias.IsConstant || !TryAddBias(bias, 1))) return "its bias is no constant";
        if (Node.Input(3) is { } sum)
        {
            if (!MayBeAlike(Output.Shape, sum.Shape)) return "its fourth operand is not of the output's shape";
            Residual = sum;
        }
        if (ActivationPattern.Named(Node.Word("activation"), Node.Numbers("activation_params")) is not { } activation) return $"its activation {Node.Word("activation")} is not known";
        Activate(activation);
        return null;
    }

    /// <returns>Null where the input's size is needed and not known.</returns>
    private static ConvolutionShape? ShapeOf(GraphNode node, long[]? input, ReadOnlySpan<long> kernel, int groups)
    {
        var axes = kernel.Length;
        var (strides, dilations, pads) = (node.Wholes("strides"), node.Wholes("dilations"), node.Wholes("pads"));
        if (strides.Length == 0) strides = [.. Enumerable.Repeat(1L, axes)];
        if (dilations.Length == 0) dilations = [.. Enumerable.Repeat(1L, axes)];
        var automatic = node.Word("auto_pad");
        if (pads.Length == 0 || automatic is "VALID") pads = new long[2 * axes];
        if (strides.Length != axes || dilations.Length != axes || pads.Length != 2 * axes) return null;
        if (automatic is "SAME_UPPER" or "SAME_LOWER")
        {
            for (var axis = 0; axis < axes; axis++)
            {
                var reach = (kernel[axis] - 1) * dilations[axis] + 1;
                var extent = input is { } shape && shape.Length == axes + 2 ? shape[axis + 2] : -1;
                if (extent < 0 && strides[axis] != 1) return null;
                var padding = strides[axis] == 1 ? reach - 1 : Math.Max(0, ((extent + strides[axis] - 1) / strides[axis] - 1) * strides[axis] + reach - extent);
                var (less, more) = (padding / 2, padding - padding / 2);
                (pads[axis], pads[axis + axes]) = automatic == "SAME_UPPER" ? (less, more) : (more, less);
            }
        }
        return axes == 1
            ? new(groups, 1, (int)kernel[0], 1, (int)strides[0], 0, (int)pads[0], 0, (int)pads[1], 1, (int)dilations[0])
            : new(groups, (int)kernel[0], (int)kernel[1], (int)strides[0], (int)strides[1], (int)pads[0], (int)pads[1], (int)pads[2], (int)pads[3], (int)dilations[0], (int)dilations[1]);
    }
}
