using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>Conv over one or two axes with a constant weight, of floats or of bytes that become floats, ONNX Runtime's own with an activation and a sum in it, and convolutions of integers.</summary>
internal sealed class ConvolutionLayer : Layer
{
    private readonly ConvolutionShape _shape;

    private ConvolutionLayer(GraphNode node, GraphValue input, Dense weight, ConvolutionShape shape, int axes) : base(node, input, weight) => (_shape, Axes) = (shape, axes);

    /// <summary>Of an image.</summary>
    public int Axes { get; }

    public int Groups => _shape.Groups;

    /// <summary>Of the input.</summary>
    public int Channels => Groups * Weight.Columns / (_shape.KernelHeight * _shape.KernelWidth);

    public bool IsPointwise => _shape.IsPointwise;

    /// <summary>Whether on images of one pixel it is a product of the images with the weights.</summary>
    public bool IsProduct => _shape is { IsPointwise: true, Groups: 1 };

    protected override int AxesBehind => Axes;

    /// <inheritdoc cref="Layer.Of"/>
    public static new unsafe Layer? Of(GraphNode node, out string? objection)
    {
        if (node.Inputs is not [{ } input, { } right, ..]) return None(out objection, "an operand is missing");
        var bytes = right.IsConstant ? null : QuantizedWeight.Dequantized(right, node);
        if (!right.IsConstant && bytes is null) return None(out objection, "its weight is no constant");
        if (!input.IsFloat || !right.IsFloat) return None(out objection, "it is not float32");
        var layer = Of(node, input, bytes?.Tensor ?? right.Constant, bytes, null, out objection);
        if (layer is not null && bytes is not null && node.Input(3) is null && node.Word("activation").Length == 0 && IntegerOperands.Between(node, bytes, layer.Weight, node.Input(2), floats: false) is { } integers)
            return new ConvolutionLayer(node, integers.Input, layer.Weight, layer._shape, layer.Axes) { Bytes = integers.Weight, Integers = integers };
        objection ??= layer!.AddOperands();
        return objection is null ? layer : null;
    }

    /// <summary>ConvInteger or QLinearConv.</summary>
    /// <inheritdoc cref="Layer.Of"/>
    public static Layer? OfIntegers(GraphNode node, out string? objection) =>
        IntegerOperands.Of(node, axis: 0, out objection) is { } integers ? Of(node, integers.Input, integers.Weight.Tensor, integers.Weight, integers, out objection) : null;

    private static unsafe ConvolutionLayer? Of(GraphNode node, GraphValue input, OrtTensor constant, QuantizedWeight? bytes, IntegerOperands? integers, out string? objection)
    {
        objection = ObjectionTo(node, constant);
        if (objection is not null) return null;
        var (outputs, groups) = ((int)constant.Shape[0], (int)node.Whole("group", 1));
        if (ShapeOf(node, input.Shape, constant.Shape[2..], groups) is { } shape)
            return new ConvolutionLayer(node, input, Dense.ByRows(constant.Data, outputs, (int)(constant.Elements / outputs)), shape, constant.Rank - 2) { Bytes = bytes, Integers = integers };
        objection = "its padding depends on a size that is not known";
        return null;
    }

    private static string? ObjectionTo(GraphNode node, OrtTensor constant)
    {
        if (constant.Rank is not (3 or 4) || constant.Elements is 0 or > int.MaxValue) return "it is over three axes or more";
        var (outputs, groups) = (constant.Shape[0], node.Whole("group", 1));
        if (groups < 1 || outputs % groups != 0) return "its groups do not divide its outputs";
        return groups > 1 && constant.Shape[1] == 1 ? "it is depthwise" : null;
    }

    public Convolution Pack() => Read(Pack);

    private Convolution Pack(Dense weight)
    {
        var groups = new Csr[_shape.Groups];
        var rows = weight.Rows / groups.Length;
        for (var group = 0; group < groups.Length; group++)
            groups[group] = (weight with { Values = weight.Values + (nint)group * rows * weight.Columns * sizeof(float), Rows = rows }).ToCsr();
        try
        {
            return Integers is null ? new(groups, Bias, _shape, Activation) : new(groups, default, _shape, Activation.None);
        }
        finally
        {
            foreach (var weights in groups) weights.Dispose();
        }
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
