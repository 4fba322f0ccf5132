using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>A weight of bytes that DequantizeLinear makes floats of: symmetric, with one scale for each output or one for all.</summary>
internal sealed unsafe class ByteWeight
{
    private readonly float[] _scales;

    private ByteWeight(GraphNode node, OrtTensor tensor, float[] scales) => (Node, Tensor, _scales) = (node, tensor, scales);

    /// <summary>DequantizeLinear.</summary>
    public GraphNode Node { get; }

    public OrtTensor Tensor { get; }

    /// <summary>Of each output; one alone is of all.</summary>
    public float Scale(int output) => _scales.Length == 1 ? _scales[0] : _scales[output];

    /// <summary>That which a value is; null where it is none that we take.</summary>
    /// <param name="value">A right operand of two axes.</param>
    /// <param name="user">The only node that may take it.</param>
    /// <param name="axis">That of the outputs.</param>
    public static ByteWeight? Of(GraphValue value, GraphNode user, int axis)
    {
        if (value.Maker is not { Operator: "DequantizeLinear" } node || value.OnlyUser != user) return null;
        if (node.Input(0) is not { IsConstant: true } bytes || node.Input(1) is not { IsConstant: true, IsFloat: true } scale || bytes.Constant is not { Type: Ort.SignedByte, Rank: 2 } tensor) return null;
        if (node.Input(2) is { } zero && (!zero.IsConstant || new ReadOnlySpan<sbyte>(zero.Constant.Data, (int)zero.Constant.Elements).ContainsAnyExcept((sbyte)0))) return null;
        var scales = new ReadOnlySpan<float>(scale.Constant.Data, (int)scale.Constant.Elements).ToArray();
        var along = node.Whole("axis", 1);
        var each = scale.Constant.Rank == 1 && (along < 0 ? along + 2 : along) == axis && scales.Length == tensor.Shape[axis];
        return scales.Length == 1 || each ? new(node, tensor, scales) : null;
    }

    /// <summary>The floats, each byte times its scale and a factor, laid out as the bytes are.</summary>
    public Native<float> ToFloats(Dense weight, float factor)
    {
        var floats = new Native<float>((long)weight.Rows * weight.Columns);
        var bytes = (sbyte*)weight.Values;
        for (var row = 0; row < weight.Rows; row++)
        {
            var scale = Scale(row) * factor;
            for (var column = 0; column < weight.Columns; column++)
            {
                var at = row * weight.RowStride + column * weight.ColumnStride;
                floats.Pointer[at] = bytes[at] * scale;
            }
        }
        return floats;
    }
}
