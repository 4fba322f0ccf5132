using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>A constant weight of bytes or half bytes: element minus zero point, times scale, is its number. What is the zero point's is zero.</summary>
/// <remarks>It is looked at as a matrix, [first axis, all others]. A scale or zero point is that of a block of it: the whole, a line, or some of one.</remarks>
internal sealed unsafe class QuantizedWeight
{
    private readonly float[] _scales;
    private readonly float[] _zeros; // of each block, as many as scales
    private readonly (long Rows, long Columns, long Across) _block; // its size, and how many lie side by side

    private QuantizedWeight(GraphNode? node, OrtTensor tensor, (long, long, long) block, float[] scales, float[] zeros) => (Node, Tensor, _block, _scales, _zeros) = (node, tensor, block, scales, zeros);

    /// <summary>DequantizeLinear; null where integers themselves are multiplied.</summary>
    public GraphNode? Node { get; }

    public OrtTensor Tensor { get; }

    /// <summary>That which DequantizeLinear makes floats of; null where a value is none that we take.</summary>
    /// <param name="value">A weight.</param>
    /// <param name="user">The only node that may take it.</param>
    public static QuantizedWeight? Dequantized(GraphValue value, GraphNode user)
    {
        if (value.Maker is not { Operator: "DequantizeLinear" } node || value.OnlyUser != user) return null;
        if (node.Input(0) is not { IsConstant: true } weight || node.Input(1) is not { IsConstant: true, IsFloat: true } scale || weight.Constant is not { Rank: >= 2 } tensor || !IsTaken(tensor)) return null;
        if (node.Input(2) is { IsConstant: false }) return null;
        var scales = new ReadOnlySpan<float>(scale.Constant.Data, (int)scale.Constant.Elements).ToArray();
        var axis = node.Whole("axis", 1);
        if (axis < 0) axis += tensor.Rank;
        if (Block(tensor, scale.Constant, axis, node.Whole("block_size", 0)) is not { } block || scales.Any(one => !float.IsFinite(one))) return null; // what is no number stays ONNX Runtime's
        var zeros = new float[scales.Length];
        if (node.Input(2) is { } zero)
        {
            if (zero.Constant.Type != tensor.Type || !zero.Constant.Shape.SequenceEqual(scale.Constant.Shape)) return null;
            zeros = Elements(zero.Constant);
        }
        return new(node, tensor, block, scales, zeros);
    }

    /// <summary>A constant of bytes that is multiplied as it is; null where its zero points are not one for all or one for each line of an axis.</summary>
    /// <param name="weight">Of two axes or more.</param>
    /// <param name="zero">Null where there is none.</param>
    /// <param name="axis">That of the outputs, 0 or, of a matrix, 1.</param>
    public static QuantizedWeight? Whole(OrtTensor weight, GraphValue? zero, int axis)
    {
        if (weight.Type is not (Ort.SignedByte or Ort.Byte)) return null;
        if (zero is null) return new(null, weight, (long.MaxValue, long.MaxValue, 1), [1], [0]);
        if (!zero.IsConstant || zero.Constant.Type != weight.Type || Block(weight, zero.Constant, axis, 0) is not { } block) return null;
        var zeros = Elements(zero.Constant);
        return new(null, weight, block, [.. Enumerable.Repeat(1f, zeros.Length)], zeros);
    }

    /// <summary>Elements less their zero points.</summary>
    public QuantizedWeight AsIntegers() => new(Node, Tensor, _block, [.. Enumerable.Repeat(1f, _scales.Length)], _zeros);

    public double BytesOfElement => Tensor.Type is Ort.HalfByte or Ort.SignedHalfByte ? 0.5 : 1;

    /// <summary>The scale of each row of the matrix that this is; none where a row has several.</summary>
    /// <param name="weight">As it lies here.</param>
    public float[] RowScales(Dense weight)
    {
        var byRows = weight.ColumnStride == 1;
        if (_scales.Length > 1 && (byRows ? _block.Columns < weight.Columns : _block.Rows < weight.Columns)) return [];
        return [.. Enumerable.Range(0, weight.Rows).Select(row => _scales[_scales.Length == 1 ? 0 : byRows ? Place(row, 0) : Place(0, row)])];
    }

    /// <summary>The numbers, laid out as the elements are, each times its scale and a factor.</summary>
    public Native<float> ToFloats(Dense weight, float factor = 1)
    {
        var (rows, columns) = weight.ColumnStride == 1 ? (weight.Rows, weight.Columns) : (weight.Columns, weight.Rows);
        var floats = new Native<float>((long)rows * columns);
        float[] factors = [.. _scales.Select(scale => scale * factor)];
        fixed (float* scales = factors, zeros = _zeros)
            for (var row = 0; row < rows; row++)
            {
                var line = (long)row * columns;
                var to = floats.Pointer + line;
                Read(Tensor, line, line + columns, to);
                for (long column = 0, end; column < columns; column = end)
                {
                    var block = Place(row, column);
                    end = _block.Columns == 1 ? columns : _block.Columns > columns - column ? columns : (column / _block.Columns + 1) * _block.Columns;
                    Integers.Dequantize(to + column, zeros + block, scales + block, _block.Columns == 1, end - column);
                }
            }
        return floats;
    }

    private long Place(long row, long column) => row / _block.Rows * _block.Across + column / _block.Columns;

    private static bool IsTaken(OrtTensor tensor) => tensor.Type is Ort.SignedByte or Ort.Byte or Ort.SignedHalfByte or Ort.HalfByte;

    /// <returns>Null where scales of this shape are none for the weight.</returns>
    private static (long Rows, long Columns, long Across)? Block(OrtTensor weight, OrtTensor scale, long axis, long size)
    {
        var (rows, columns) = (weight.Shape[0], weight.Elements / Math.Max(1, weight.Shape[0]));
        if (size == 0)
        {
            if (scale.Elements == 1 && scale.Rank <= 1) return (long.MaxValue, long.MaxValue, 1);
            if (scale.Rank != 1 || axis < 0 || axis >= weight.Rank || scale.Elements != weight.Shape[(int)axis]) return null;
            return axis == 0 ? (1, long.MaxValue, 1) : axis == 1 && weight.Rank == 2 ? (long.MaxValue, 1, columns) : null;
        }
        if (size < 0 || weight.Rank != 2 || scale.Rank != 2 || axis is not (0 or 1)) return null;
        var extent = weight.Shape[(int)axis];
        if (scale.Shape[(int)axis] != (extent + size - 1) / size || scale.Shape[1 - (int)axis] != weight.Shape[1 - (int)axis]) return null;
        return axis == 0 ? (size, 1, columns) : (1, size, (columns + size - 1) / size);
    }

    private static float[] Elements(OrtTensor tensor)
    {
        var floats = new float[tensor.Elements];
        fixed (float* to = floats) Read(tensor, 0, floats.Length, to);
        return floats;
    }

    /// <summary>Some of the elements.</summary>
    private static void Read(OrtTensor tensor, long from, long behind, float* to)
    {
        var bytes = (byte*)tensor.Data;
        if (tensor.Type is Ort.SignedByte or Ort.Byte)
        {
            Integers.Widen(bytes + from, tensor.Type == Ort.SignedByte, 0, to, behind - from);
            return;
        }
        var flip = tensor.Type == Ort.SignedHalfByte ? 8 : 0;
        for (var i = from; i < behind; i++) to[i - from] = ((bytes[i / 2] >> (int)(i % 2 * 4) & 0xF) ^ flip) - flip;
    }
}
