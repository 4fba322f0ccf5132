using System.Collections.Immutable;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>A constant weight of bytes or half bytes: element minus zero point, times scale, is its number. What is the zero point's is zero.</summary>
/// <remarks>It is looked at as a matrix, [first axis, all others]. A scale or zero point is that of a block of it: the whole, a line, or some of one.</remarks>
internal sealed unsafe class QuantizedWeight
{
    private readonly float[] _scales;
    private readonly float[] _zeros; // of each block, as many as scales
    private readonly (long Rows, long Columns, long Across) _block; // its size, and how many lie side by side
    private readonly Source _source;

    private QuantizedWeight(ImmutableArray<GraphNode> nodes, Source source, bool isTurned, (long, long, long) block, float[] scales, float[] zeros) => (Nodes, _source, IsTurned, Made, _block, _scales, _zeros) = (nodes, source, isTurned, source.Shape, block, scales, zeros);

    /// <summary>Where the elements are.</summary>
    /// <param name="Packed">Null where they lie in the tensor.</param>
    /// <param name="Tensor">None where they are packed.</param>
    /// <param name="Type">Of the elements.</param>
    /// <param name="Shape">Of them.</param>
    private sealed record Source(PackedWeight? Packed, OrtTensor Tensor, int Type, long[] Shape)
    {
        /// <returns>Null where the value is no constant, packed or not, that the node alone takes.</returns>
        public static Source? Of(GraphValue value, GraphNode user) => value.IsConstant
            ? new(null, value.Constant, value.Constant.Type, value.Constant.Shape.ToArray())
            : PackedWeight.Of(value, user) is { } packed ? new(packed, default, packed.Head.Type, packed.Shape) : null;

        /// <summary>Whether the outputs can lie along its second axis, or else the first one.</summary>
        public bool Is(bool turned) => Shape.Length >= 2 && (!turned || Shape.Length == 2) && (Packed is null || Packed.IsTurned == turned);
    }

    /// <summary>DequantizeLinear, and those that lay out anew what it makes; none where integers themselves are multiplied.</summary>
    public ImmutableArray<GraphNode> Nodes { get; }

    /// <summary>The shape of what the last of them makes.</summary>
    public long[] Made { get; private init; }

    /// <summary>Whether the outputs lie along the second axis of the elements, or else the first one.</summary>
    public bool IsTurned { get; }

    /// <summary>The elements as a matrix, [outputs, all else]; none of its extents may be 0.</summary>
    public Dense Matrix => IsTurned ? Dense.ByColumns(Data, (int)Shape[1], (int)Shape[0]) : Dense.ByRows(Data, (int)Shape[0], (int)(Broadcast.Elements(Shape) / Shape[0]));

    /// <summary>Null where the elements lie in the model one by one.</summary>
    public PackedWeight? Packed => _source.Packed;

    /// <summary>Of the elements.</summary>
    public long[] Shape => _source.Shape;

    /// <summary>The elements; where they are packed, what tells them from others.</summary>
    public float* Data => Packed is null ? _source.Tensor.Data : Packed.Data;

    /// <summary>That which DequantizeLinear makes floats of; null where a value is none that we take.</summary>
    /// <param name="value">A weight.</param>
    /// <param name="user">The only node that may take it.</param>
    /// <param name="isTurned">Whether its outputs lie along the second axis.</param>
    public static QuantizedWeight? Dequantized(GraphValue value, GraphNode user, bool isTurned)
    {
        if (LaidOut.Of(value, user, quantized: true) is not { Source.Maker: { Operator: "DequantizeLinear" } node } laid) return null;
        if (node.Input(0) is not { } weight || node.Input(1) is not { IsConstant: true, IsFloat: true } scale || Source.Of(weight, node) is not { } source || !IsTaken(source.Type)) return null;
        if (laid.Order(source.Shape) is not { Shape: [_, _, ..] made } order || order.IsTurned(isTurned) is not { } turned || !source.Is(turned) || source.Shape[turned ? 1 : 0] != made[isTurned ? 1 : 0]) return null;
        if (node.Input(2) is { IsConstant: false }) return null;
        if (!laid.Orders(source.Shape).All(one => one.Node?.Operator != "DequantizeLinear" || IsAgain(one.Node, one.Order!, node, source.Shape, turned))) return null;
        var scales = new ReadOnlySpan<float>(scale.Constant.Data, (int)scale.Constant.Elements).ToArray();
        var axis = node.Whole("axis", 1);
        if (axis < 0) axis += source.Shape.Length;
        if (Block(source.Shape, scale.Constant, axis, node.Whole("block_size", 0)) is not { } block || scales.Any(one => !float.IsFinite(one))) return null; // what is no number stays ONNX Runtime's
        var zeros = new float[scales.Length];
        if (node.Input(2) is { } zero)
        {
            if (zero.Constant.Type != source.Type || !zero.Constant.Shape.SequenceEqual(scale.Constant.Shape)) return null;
            zeros = Elements(zero.Constant);
        }
        return Agreeing(new([node, .. laid.Nodes], source, turned, block, scales, zeros) { Made = made });
    }

    /// <summary>Whether a node makes the same floats of bytes, laid out anew, as one did before.</summary>
    private static bool IsAgain(GraphNode again, WeightOrder order, GraphNode node, long[] shape, bool turned)
    {
        if (again.Input(1) != node.Input(1) || again.Input(2) != node.Input(2) || again.Input(0)!.Type != node.Input(0)!.Type || node.Whole("block_size", 0) != 0) return false;
        if (node.Input(1)!.Constant.Elements == 1) return true;
        if (order.IsTurned(turned) is not { } lies || order.Shape.Length < 2 || (lies && order.Shape.Length > 2) || order.Shape[lies ? 1 : 0] != shape[turned ? 1 : 0]) return false;
        return IsOfOutputs(again, order.Shape, lies) == IsOfOutputs(node, shape, turned);

        static bool IsOfOutputs(GraphNode node, long[] shape, bool turned) => (node.Whole("axis", 1) is < 0 and var axis ? axis + shape.Length : node.Whole("axis", 1)) == (turned ? 1 : 0);
    }

    /// <summary>A constant of bytes that is multiplied as it is; null where its zero points are not one for all or one for each line of an axis.</summary>
    /// <param name="value">Of two axes or more.</param>
    /// <param name="user">The only node that may take it, where it is packed.</param>
    /// <param name="zero">Null where there is none.</param>
    /// <param name="axis">That of the outputs, 0 or, of a matrix, 1.</param>
    /// <param name="objection">Why it is none, or null.</param>
    public static QuantizedWeight? Whole(GraphValue value, GraphNode user, GraphValue? zero, int axis, out string? objection)
    {
        var source = Source.Of(value, user) is { } found && (found.Packed is null || found.Is(turned: axis == 1)) ? found : null;
        var block = source is { Type: Ort.SignedByte or Ort.Byte, Shape.Length: >= 2 } ? zero is null ? (long.MaxValue, long.MaxValue, 1)
            : zero.IsConstant && zero.Constant.Type == source.Type ? Block(source.Shape, zero.Constant, axis, 0) : null : null;
        objection = source is null ? "its weight is no constant" : source.Shape.Length < 2 ? "its weight has not two axes"
            : block is null ? "its weight is not of bytes with a zero point for each output or one for all" : null;
        if (objection is not null) return null;
        var zeros = zero is null ? [0] : Elements(zero.Constant);
        var weight = Agreeing(new([], source!, axis == 1, block!.Value, [.. Enumerable.Repeat(1f, zeros.Length)], zeros));
        if (weight is null) objection = "its weight is packed with other zero points";
        return weight;
    }

    /// <summary>Elements less their zero points.</summary>
    public QuantizedWeight AsIntegers() => new(Nodes, _source, IsTurned, _block, [.. Enumerable.Repeat(1f, _scales.Length)], _zeros);

    public double BytesOfElement => _source.Type is Ort.HalfByte or Ort.SignedHalfByte ? 0.5 : 1;

    /// <summary>The scale of each row of the matrix that this is; none where a row has several.</summary>
    /// <param name="weight">As it lies here.</param>
    public float[] RowScales(Dense weight)
    {
        if (_scales.Length > 1 && (IsTurned ? _block.Rows : _block.Columns) < weight.Columns) return [];
        return [.. Enumerable.Range(0, weight.Rows).Select(row => _scales[Block(row)])];
    }

    /// <summary>To what each row's elements less their zero points sum up.</summary>
    /// <param name="weight">As it lies here.</param>
    public RowSums RowSums(Dense weight)
    {
        if (Packed is not null) return Packed.RowSums();
        if (_source.Type is Ort.SignedByte or Ort.Byte && RowScales(weight).Length > 0)
            return Kernels.RowSums.Of(weight with { AreBytes = true, AreSigned = _source.Type == Ort.SignedByte }, [.. Enumerable.Range(0, weight.Rows).Select(row => (byte)(int)_zeros[Block(row)])]);
        using var compact = AsIntegers().ToCompact(weight);
        return Kernels.RowSums.Of(compact);
    }

    /// <summary>The block of a row that has one alone.</summary>
    private long Block(int row) => _scales.Length == 1 ? 0 : IsTurned ? Place(0, row) : Place(row, 0);

    /// <summary>How the numbers that are not zero lie, of a weight that is not packed.</summary>
    public Census Census(Dense weight)
    {
        if (Whole(weight, 1) is { } bytes) return Kernels.Census.Of(bytes);
        using var floats = ToFloats(weight, 1);
        return Kernels.Census.Of(weight with { Values = (nint)floats.Pointer });
    }

    /// <summary>The elements as they lie here, where those that are not zero are the same ones once each is times its scale and a factor; else null.</summary>
    private Dense? Whole(Dense weight, float factor) => _source.Type is Ort.SignedByte or Ort.Byte && !_zeros.AsSpan().ContainsAnyExcept(_zeros[0]) && _scales.All(scale => float.IsFinite(scale * factor) && scale * factor != 0)
        ? weight with { AreBytes = true, AreSigned = _source.Type == Ort.SignedByte, Zero = (byte)(int)_zeros[0] }
        : null;

    /// <summary>The numbers, laid out as the elements are, each times its scale and a factor.</summary>
    private Native<float> ToFloats(Dense weight, float factor)
    {
        var (rows, columns) = IsTurned ? (weight.Columns, weight.Rows) : (weight.Rows, weight.Columns);
        var floats = new Native<float>((long)rows * columns);
        float[] factors = [.. _scales.Select(scale => scale * factor)];
        fixed (float* scales = factors, zeros = _zeros)
            for (var row = 0; row < rows; row++)
            {
                var line = (long)row * columns;
                var to = floats.Pointer + line;
                Read(_source.Tensor, line, line + columns, to);
                for (long column = 0, end; column < columns; column = end)
                {
                    var block = Place(row, column);
                    end = _block.Columns == 1 ? columns : _block.Columns > columns - column ? columns : (column / _block.Columns + 1) * _block.Columns;
                    Integers.Dequantize(to + column, zeros + block, scales + block, _block.Columns == 1, end - column);
                }
            }
        return floats;
    }

    /// <summary>The numbers that are not zero, each times its scale and a factor.</summary>
    public Compact ToCompact(Dense weight, float factor = 1)
    {
        var bytes = Packed is null ? Whole(weight, factor) : null;
        if (Packed is null && bytes is null)
        {
            using var floats = ToFloats(weight, factor);
            return Compact.Of(weight with { Values = (nint)floats.Pointer });
        }
        var compact = Packed is not null ? Packed.ToCompact() : Compact.Of(bytes!.Value);
        if (RowScales(weight) is { Length: > 0 } scales) return compact.Times([.. scales.Select(scale => scale * factor)]);
        for (var row = 0; row < compact.Rows; row++)
        {
            var column = -1L;
            for (var at = compact.Starts[row]; at < compact.Starts[row + 1]; at++)
            {
                column += compact.Steps[at];
                compact.Values[at] *= _scales[IsTurned ? Place(column, row) : Place(row, column)] * factor;
            }
        }
        return compact;
    }

    /// <summary>Null of one that is packed with other zero points than it has here: what it leaves out would be no zero.</summary>
    private static QuantizedWeight? Agreeing(QuantizedWeight weight)
    {
        if (weight.Packed is null) return weight;
        float[] packed = [.. weight.Packed.Zeros.ToArray().Select(zero => weight._source.Type == Ort.SignedByte ? (float)(sbyte)zero : zero)];
        if (weight._zeros.Distinct().Count() == 1) return packed.All(zero => zero == weight._zeros[0]) ? weight : null;
        var (rows, columns) = weight.IsTurned ? (long.MaxValue, 1L) : (1, long.MaxValue);
        return (weight._block.Rows, weight._block.Columns) == (rows, columns) && packed.SequenceEqual(weight._zeros) ? weight : null;
    }

    private long Place(long row, long column) => row / _block.Rows * _block.Across + column / _block.Columns;

    private static bool IsTaken(int type) => type is Ort.SignedByte or Ort.Byte or Ort.SignedHalfByte or Ort.HalfByte;

    /// <returns>Null where scales of this shape are none for the weight.</returns>
    private static (long Rows, long Columns, long Across)? Block(long[] weight, OrtTensor scale, long axis, long size)
    {
        var columns = Broadcast.Elements(weight) / Math.Max(1, weight[0]);
        if (size == 0)
        {
            if (scale.Elements == 1 && scale.Rank <= 1) return (long.MaxValue, long.MaxValue, 1);
            if (scale.Rank != 1 || axis < 0 || axis >= weight.Length || scale.Elements != weight[axis]) return null;
            return axis == 0 ? (1, long.MaxValue, 1) : axis == 1 && weight.Length == 2 ? (long.MaxValue, 1, columns) : null;
        }
        if (size < 0 || weight.Length != 2 || scale.Rank != 2 || axis is not (0 or 1)) return null;
        var extent = weight[axis];
        if (scale.Shape[(int)axis] != (extent + size - 1) / size || scale.Shape[1 - (int)axis] != weight[1 - axis]) return null;
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
