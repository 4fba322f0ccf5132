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

    public ConvolutionShape Geometry => _shape;

    /// <summary>Of the input.</summary>
    public int Channels => _shape.Groups * Weight.Columns / (_shape.KernelHeight * _shape.KernelWidth);

    /// <summary>Whether on images of one pixel it is a product of the images with the weights.</summary>
    public bool IsProduct => _shape is { IsPointwise: true, Groups: 1 };

    protected override int AxesBehind => Axes;

    /// <inheritdoc cref="Layer.Of"/>
    public static new unsafe Layer? Of(GraphNode node, out string? objection)
    {
        if (node.Inputs is not [{ } input, { } right, ..]) return None(out objection, "an operand is missing");
        var bytes = right.IsConstant ? null : QuantizedWeight.Dequantized(right, node, isTurned: false);
        var packed = right.IsConstant ? null : PackedWeight.Of(right, node) is { IsTurned: false } found ? found : null;
        if (!right.IsConstant && bytes is null && packed is null) return None(out objection, "its weight is no constant");
        if (!input.IsFloat || !right.IsFloat) return None(out objection, "it is not float32");
        var weights = packed?.Shape ?? bytes?.Made ?? right.Constant.Shape.ToArray();
        if (ShapeOf(node, input, weights, out objection) is not { } shape) return null;
        var (matrix, axes) = (bytes is not null ? bytes.Matrix : Matrix(packed is not null ? packed.Data : right.Constant.Data, weights), weights.Length - 2);
        if (bytes is not null && node.Input(3) is null && node.Word("activation").Length == 0 && IntegerOperands.Between(node, bytes, matrix, node.Input(2), floats: false) is { } integers)
            return new ConvolutionLayer(node, integers.Input, matrix, shape, axes) { Bytes = integers.Weight, Packed = integers.Weight.Packed, Integers = integers };
        var layer = new ConvolutionLayer(node, input, matrix, shape, axes) { Bytes = bytes, Packed = packed ?? bytes?.Packed };
        objection = layer.AddOperands();
        return objection is null ? layer : null;
    }

    /// <summary>ConvInteger or QLinearConv.</summary>
    /// <inheritdoc cref="Layer.Of"/>
    public static unsafe Layer? OfIntegers(GraphNode node, out string? objection)
    {
        if (IntegerOperands.Of(node, axis: 0, out objection) is not { } integers) return null;
        var weight = integers.Weight;
        return ShapeOf(node, integers.Input, weight.Shape, out objection) is { } shape
            ? new ConvolutionLayer(node, integers.Input, weight.Matrix, shape, weight.Shape.Length - 2) { Bytes = weight, Packed = weight.Packed, Integers = integers }
            : null;
    }

    /// <summary>Packs the weights.</summary>
    public Convolution Pack()
    {
        using var whole = Packed is null && Bytes is null ? null : ToCompact();
        var convolution = Pack(whole is not null ? whole.Part : (from, behind) => Compact.Of(Weight.Part(from, behind)));
        if (!IsProduct || Input.Shape is not [_, _, .. var size] || size.Any(axis => axis > 1)) convolution.Prepare(); // else images may be of one pixel
        return convolution;
    }

    private Convolution Pack(Func<int, int, Compact> part)
    {
        var groups = new Compact[_shape.Groups];
        var rows = Weight.Rows / groups.Length;
        for (var group = 0; group < groups.Length; group++)
        {
            groups[group] = part(group * rows, (group + 1) * rows);
            if (Scale is not null) groups[group].Times(Scale.AsSpan(group * rows, rows));
        }
        var width = Node.Output.Shape is [_, _, .., > 0 and <= int.MaxValue and var known] ? (int)known : 0;
        return Integers is null ? new(groups, Bias, _shape, Activation, outWidth: width) : new(groups, default, _shape, Activation.None, outWidth: width);
    }

    private static unsafe Dense Matrix(float* data, long[] shape) => Dense.ByRows(data, (int)shape[0], (int)(Broadcast.Elements(shape) / shape[0]));

    /// <returns>Null, and an objection, where it cannot be one of ours.</returns>
    private static ConvolutionShape? ShapeOf(GraphNode node, GraphValue input, ReadOnlySpan<long> weight, out string? objection)
    {
        objection = null;
        if (weight.Length is not (3 or 4) || Broadcast.Elements(weight) is 0 or > int.MaxValue) objection = "it is over three axes or more";
        else if (node.Whole("group", 1) is var groups && (groups < 1 || weight[0] % groups != 0)) objection = "its groups do not divide its outputs";
        else if (groups > 1 && weight[1] == 1) objection = "it is depthwise";
        else if (ShapeOf(node, input.Shape, weight[2..], (int)groups) is { } shape) return shape;
        else objection = "its padding depends on a size that is not known";
        return null;
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
