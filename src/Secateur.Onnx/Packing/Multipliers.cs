using System.Runtime.InteropServices;
using Secateur.Onnx.Proto;
using Secateur.Sparse;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Packing;

/// <summary>The nodes of a graph that multiply by a constant so that Secateur's execution provider takes them.</summary>
internal sealed class Multipliers
{
    private const int MostLaid = 16; // nodes that lay a weight out anew, one behind the other

    private readonly Dictionary<string, GraphConstant> constants;
    private readonly Dictionary<string, NodeProto> makers = []; // by what they make
    private readonly Dictionary<string, NodeProto?> readers = []; // by what they read; null where that are several or none that one could name
    private readonly HashSet<string> known; // constants, and what is made of these alone: ONNX Runtime makes it once, and the provider takes no product of two such

    public Multipliers(GraphProto graph, Dictionary<string, GraphConstant> constants)
    {
        this.constants = constants;
        known = [.. constants.Keys];
        foreach (var node in graph.Node)
        {
            if (node.OpType == "Constant" || (node.Input.Count > 0 && node.Input.All(input => input.Length == 0 || known.Contains(input)) && node.Attribute.All(attribute => attribute.G is null && attribute.Graphs.Count == 0))) known.UnionWith(node.Output);
            foreach (var output in node.Output) makers.TryAdd(output, node);
            foreach (var input in node.Input)
                if (!readers.TryAdd(input, node)) readers[input] = null;
        }
        foreach (var name in Scope.Graphs(graph).Skip(1).SelectMany(inner => inner.Node.SelectMany(node => node.Input).Concat(inner.Output.Select(output => output.Name))).Concat(graph.Output.Select(output => output.Name))) readers[name] = null;
    }

    /// <summary>How a node takes a weight.</summary>
    /// <param name="IsTurned">Whether the outputs lie along the second axis of the matrix that it is, or else the first one.</param>
    /// <param name="Columns">Elements that an output sums over.</param>
    /// <param name="Zeros">[outputs] of bytes: the zero point of each; none of other types.</param>
    /// <param name="MakesSums">Whether integers may be multiplied.</param>
    public readonly record struct Multiplication(bool IsTurned, long Columns, byte[] Zeros, bool MakesSums);

    public static bool IsDepthwise(NodeProto node, IReadOnlyList<long> weight) => node.OpType is "Conv" or "FusedConv" or "ConvInteger" or "QLinearConv" && Whole(node, "group") > 1 && weight is [_, 1, ..];

    /// <summary>The node that takes it once it is laid out anew, and floats, as far as one node alone takes what the one before makes.</summary>
    public NodeProto Last(NodeProto node, int input, TensorProto weight)
    {
        var (reader, _, order) = Laid(node, input, new([.. weight.Dims]));
        return Is(reader, "DequantizeLinear") && Reader(reader) is { } next ? Laid(next, next.Input.IndexOf(reader.Output[0]), order).Node : reader;
    }

    /// <returns>Null where the provider would not take the node, or not this input as its weight.</returns>
    public Multiplication? Way(NodeProto node, int input, TensorProto weight)
    {
        if (weight.Dims.Count < 2 || weight.Dims.Any(extent => extent < 1)) return null;
        var (reader, at, order) = Laid(node, input, new([.. weight.Dims]));
        return (OnnxModel.Domain(reader.Domain), reader.OpType, at) switch
        {
            ("", "DequantizeLinear", 0) => IsByte(weight) ? Dequantized(reader, weight, order) : null,
            ("", "MatMulInteger", 1) => IsByte(weight) && order.Shape is [_, _] && !known.Contains(reader.Input[0]) ? Integers(reader, 3, weight, order, true) : null,
            ("", "QLinearMatMul", 3) => IsByte(weight) && order.Shape is [_, _] && AreKnown(reader) ? Integers(reader, 5, weight, order, true) : null,
            ("", "ConvInteger", 1) => IsByte(weight) && IsConvolution(reader, order.Shape) && !known.Contains(reader.Input[0]) ? Integers(reader, 3, weight, order, false) : null,
            ("", "QLinearConv", 3) => IsByte(weight) && IsConvolution(reader, order.Shape) && AreKnown(reader) ? Integers(reader, 5, weight, order, false) : null,
            (_, _, 1) => !IsByte(weight) && reader.Input[0] != reader.Input[1] && !known.Contains(reader.Input[0]) && Turned(reader, order.Shape) is { } turned ? Taken(order, turned, [], false) : null,
            _ => null,
        };
    }

    /// <summary>The first node that does more with a value than to lay it out anew, and how it lies there.</summary>
    private (NodeProto Node, int Input, WeightOrder Order) Laid(NodeProto node, int input, WeightOrder order)
    {
        for (var steps = 0; steps < MostLaid && input == 0 && Layouts.Behind(node, order, constants) is { } behind && Reader(node) is { } next; steps++) (node, input, order) = (next, next.Input.IndexOf(node.Output[0]), behind);
        return (node, input, order);
    }

    /// <summary>Of bytes that become floats.</summary>
    private Multiplication? Dequantized(NodeProto node, TensorProto weight, WeightOrder order)
    {
        if (Reader(node) is not { } next) return null;
        var (user, at, made) = Laid(next, next.Input.IndexOf(node.Output[0]), new(order.Shape));
        if (at != 1 || known.Contains(user.Input[0]) || Turned(user, made.Shape) is not { } outer || made.IsTurned(outer) is not { } turned) return null;
        if ((turned && order.Shape.Length != 2) || order.Shape.Length < 2 || order.Shape[turned ? 1 : 0] != made.Shape[outer ? 1 : 0] || !AreScales(node, order.Shape)) return null;
        return ZerosOf(node, 2, weight, order.Shape, turned, (int)Whole(node, "axis", 1)) is { } zeros ? Taken(order, turned, zeros, IsQuantized(user.Input[0])) : null;
    }

    private static Multiplication? Taken(WeightOrder order, bool isTurned, byte[] zeros, bool makesSums) => order.IsTurned(isTurned) is { } turned
        ? new(turned, isTurned ? order.Shape[0] : order.Shape[1..].Aggregate(1L, (product, extent) => product * extent), zeros, makesSums) : null;

    /// <summary>Of a node of floats whose second input it is; null where the provider would not take the node.</summary>
    private bool? Turned(NodeProto node, long[] weight) => (OnnxModel.Domain(node.Domain), node.OpType, weight.Length) switch
    {
        ("", "MatMul", 2) => true,
        ("", "Gemm", 2) or ("com.microsoft", "FusedGemm", 2) when Whole(node, "transA") == 0 && IsBias(node, weight[Whole(node, "transB") == 0 ? 1 : 0]) => Whole(node, "transB") == 0,
        ("com.microsoft", "FusedMatMul", 2) when Whole(node, "transA") + Whole(node, "transBatchA") + Whole(node, "transBatchB") == 0 => Whole(node, "transB") == 0,
        ("", "Conv", 3 or 4) or ("com.microsoft", "FusedConv", 3 or 4) when IsConvolution(node, weight) && IsBias(node, weight[0]) => false,
        _ => null,
    };

    /// <summary>Whether a third operand is absent, or one number for each output or for all; or integers, where such are multiplied.</summary>
    private bool IsBias(NodeProto node, long outputs)
    {
        if (node.Input is not [_, _, { Length: > 0 } name, ..]) return true;
        if (constants.TryGetValue(name, out var bias)) return bias.Tensor.Count() == 1 || (bias.Tensor.Count() == outputs && bias.Tensor.Dims[^1] == outputs);
        return IsQuantized(node.Input[0]) && makers.GetValueOrDefault(name) is { OpType: "DequantizeLinear", Input: [var whole, ..] } && constants.TryGetValue(whole, out bias) && bias.Tensor.Type() == DataType.Int32 && bias.Tensor.Count() == outputs
            && Reader(node) is { } reader && Is(Is(reader, "Relu") ? Reader(reader) : reader, "QuantizeLinear");
    }

    private NodeProto? Reader(NodeProto node) => node.Output is [var made] ? readers.GetValueOrDefault(made) : null;

    private static bool IsConvolution(NodeProto node, long[] weight) => weight.Length is 3 or 4 && !IsDepthwise(node, weight) && !DependsOnSize(node);

    private bool IsQuantized(string floats) => Is(makers.GetValueOrDefault(floats), "DequantizeLinear");

    /// <summary>Whether all but the bytes that QLinearMatMul and QLinearConv multiply are constants.</summary>
    private bool AreKnown(NodeProto node) => node.Input.Count is 8 or 9 && !known.Contains(node.Input[0]) && node.Input.Index().All(input => input.Index is 0 or 3 || constants.ContainsKey(input.Item) || input.Item.Length == 0);

    private Multiplication? Integers(NodeProto node, int zero, TensorProto weight, WeightOrder order, bool isTurned) =>
        ZerosOf(node, zero, weight, order.Shape, isTurned, isTurned ? 1 : 0) is { } zeros ? Taken(order, isTurned, zeros, true) : null;

    private static bool IsByte(TensorProto weight) => weight.Type() is DataType.Int8 or DataType.Uint8;

    /// <summary>Whether DequantizeLinear has a scale for all, for each line of an axis, or for blocks of a matrix.</summary>
    private bool AreScales(NodeProto node, long[] weight)
    {
        if (node.Input is not [_, var name, ..] || !constants.TryGetValue(name, out var scale) || scale.Tensor.Type() != DataType.Float || !MemoryMarshal.Cast<byte, float>(scale.Tensor.Bytes()).ToArray().All(float.IsFinite)) return false;
        var (axis, size) = (Axis(Whole(node, "axis", 1), weight), Whole(node, "block_size"));
        if (axis < 0 || axis >= weight.Length) return size == 0 && scale.Tensor.Count() == 1;
        return size == 0 ? scale.Tensor.Count() == 1 || (scale.Tensor.Dims.Count == 1 && scale.Tensor.Count() == weight[axis] && (axis == 0 || weight.Length == 2))
            : size > 0 && weight.Length == 2 && scale.Tensor.Dims.Count == 2 && scale.Tensor.Dims[axis] == (weight[axis] + size - 1) / size && scale.Tensor.Dims[1 - axis] == weight[1 - axis];
    }

    /// <returns>[outputs]; null where they are not one for each of these, or one for all.</returns>
    private byte[]? ZerosOf(NodeProto node, int input, TensorProto weight, long[] shape, bool isTurned, int axis)
    {
        if (shape[isTurned ? 1 : 0] is var outputs && (outputs < 1 || outputs > Math.Max(weight.RawData.Length, weight.Int32Data.Count))) return null; // a damaged file
        var zeros = new byte[outputs];
        if (node.Input.Count <= input || node.Input[input].Length == 0) return zeros;
        if (!constants.TryGetValue(node.Input[input], out var zero) || zero.Tensor.Type() != weight.Type() || zero.Tensor.Bytes() is not [var first, ..] given) return null;
        if (!given.ContainsAnyExcept(first)) zeros.AsSpan().Fill(first);
        else if (given.Length == zeros.Length && zero.Tensor.Dims.Count == 1 && Axis(axis, shape) == (isTurned ? 1 : 0)) given.CopyTo(zeros);
        else return null;
        return zeros;
    }

    private static int Axis(long axis, long[] weight) => (int)(axis < 0 ? axis + weight.Length : axis);

    private static bool DependsOnSize(NodeProto node) => node.Attribute.FirstOrDefault(attribute => attribute.Name == "auto_pad")?.S.ToStringUtf8() is "SAME_UPPER" or "SAME_LOWER"
        && node.Attribute.FirstOrDefault(attribute => attribute.Name == "strides")?.Ints.Any(stride => stride != 1) == true;

    private static bool Is(NodeProto? node, string type) => node is not null && node.OpType == type && OnnxModel.Domain(node.Domain).Length == 0;

    private static long Whole(NodeProto node, string attribute, long otherwise = 0) => node.Attribute.FirstOrDefault(one => one.Name == attribute)?.I ?? otherwise;
}
