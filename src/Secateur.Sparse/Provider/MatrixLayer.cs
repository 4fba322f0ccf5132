using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>MatMul and Gemm with a constant right operand of two axes, of floats or of bytes that become floats, ONNX Runtime's own kin of them, and products of integers.</summary>
internal sealed class MatrixLayer : Layer
{
    private readonly float _factor;

    private MatrixLayer(GraphNode node, GraphValue input, Dense weight, float factor) : base(node, input, weight) => _factor = factor;

    protected override int AxesBehind => 0;

    /// <inheritdoc cref="Layer.Of"/>
    public static new unsafe Layer? Of(GraphNode node, out string? objection)
    {
        if (node.Inputs is not [{ } input, { } right, ..]) return None(out objection, "an operand is missing");
        var byRows = node.Whole("transB", 0) != 0;
        var bytes = right.IsConstant ? null : QuantizedWeight.Dequantized(right, node, !byRows);
        var packed = right.IsConstant ? null : PackedWeight.Of(right, node) is { } found && found.IsTurned == !byRows ? found : null;
        if ((!right.IsConstant && bytes is null && packed is null) || input.IsConstant) return None(out objection, "its right operand is no constant");
        if (!input.IsFloat || !right.IsFloat) return None(out objection, "it is not float32");
        var shape = packed?.Shape ?? bytes?.Made ?? right.Constant.Shape.ToArray();
        if (shape is not [> 0 and <= int.MaxValue, > 0 and <= int.MaxValue]) return None(out objection, "its weight has not two axes");
        if (node.Whole("transA", 0) != 0 || node.Whole("transBatchA", 0) != 0 || node.Whole("transBatchB", 0) != 0) return None(out objection, "it transposes its left operand");
        var weight = bytes is not null ? bytes.Matrix : Matrix(packed is not null ? packed.Data : right.Constant.Data, shape, byRows);
        if (bytes is not null && node.Number("alpha", 1) == 1 && node.Number("beta", 1) == 1 && node.Word("activation").Length == 0 && IntegerOperands.Between(node, bytes, weight, node.Input(2), floats: true) is { } integers)
        {
            objection = null;
            return new MatrixLayer(node, integers.Input, weight, 1) { Bytes = integers.Weight, Packed = integers.Weight.Packed, Integers = integers };
        }
        var layer = new MatrixLayer(node, input, weight, node.Number("alpha", 1)) { Bytes = bytes, Packed = packed ?? bytes?.Packed };
        objection = node.Operator.EndsWith("Gemm", StringComparison.Ordinal) ? layer.AddThird() : null;
        return objection is null ? layer : null;
    }

    /// <summary>MatMulInteger or QLinearMatMul.</summary>
    /// <inheritdoc cref="Layer.Of"/>
    public static unsafe Layer? OfIntegers(GraphNode node, out string? objection)
    {
        if (IntegerOperands.Of(node, axis: 1, out objection) is not { } integers) return null;
        var weight = integers.Weight;
        if (weight.Shape is not [> 0 and <= int.MaxValue, > 0 and <= int.MaxValue]) return None(out objection, "its weight has not two axes");
        return new MatrixLayer(node, integers.Input, weight.Matrix, 1) { Bytes = weight, Packed = weight.Packed, Integers = integers };
    }

    /// <param name="values">To what its values are rounded; bytes stay bytes.</param>
    public Product Pack(ValueKind values)
    {
        var weights = ToCompact(_factor);
        if (Integers is not null) return new(weights, default, Activation.None);
        if (Bytes is null) weights.Round(values);
        float[] scales = Bytes is null || _factor == 0 ? [] : [.. Bytes.RowScales(Weight).Select(scale => scale * _factor)];
        return new(weights, Bias, Activation, scales: scales);
    }

    private static unsafe Dense Matrix(float* data, long[] shape, bool byRows)
    {
        var (first, second) = ((int)shape[0], (int)shape[1]);
        return byRows ? Dense.ByRows(data, first, second) : Dense.ByColumns(data, second, first);
    }

    /// <summary>Gemm's third operand, and the activation of a fused one.</summary>
    /// <returns>An objection, or null.</returns>
    private string? AddThird()
    {
        var beta = Node.Number("beta", 1);
        if (Node.Input(2) is { } third && beta != 0)
        {
            if (third.IsConstant)
            {
                if (!TryAddBias(third, beta)) return "its bias is not one number for each output";
            }
            else
            {
                if (beta != 1 || !MayBeAlike(Output.Shape, third.Shape)) return "its third operand is neither a constant nor of the output's shape";
                Residual = third;
            }
        }
        if (ActivationPattern.Named(Node.Word("activation"), [Node.Number("activation_alpha", 0), Node.Number("activation_beta", 0)]) is not { } activation)
            return $"its activation {Node.Word("activation")} is not known";
        Activate(activation);
        return null;
    }
}
