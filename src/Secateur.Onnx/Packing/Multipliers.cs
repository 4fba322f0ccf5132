using System.Runtime.InteropServices;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Packing;

/// <summary>The nodes of a graph that multiply by a constant so that Secateur's execution provider takes them.</summary>
internal sealed class Multipliers
{
    private readonly Dictionary<string, GraphConstant> constants;
    private readonly Dictionary<string, NodeProto> makers = []; // by what they make
    private readonly Dictionary<string, NodeProto?> readers = []; // by what they read; null where that are several or none that one could name

    public Multipliers(GraphProto graph, Dictionary<string, GraphConstant> constants)
    {
        this.constants = constants;
        foreach (var node in graph.Node)
        {
            foreach (var output in node.Output) makers.TryAdd(output, node);
            foreach (var input in node.Input)
                if (!readers.TryAdd(input, node)) readers[input] = null;
        }
        foreach (var name in Scope.Graphs(graph).Skip(1).SelectMany(inner => inner.Node.SelectMany(node => node.Input).Concat(inner.Output.Select(output => output.Name))).Concat(graph.Output.Select(output => output.Name))) readers[name] = null;
    }

    /// <summary>How a node takes a weight.</summary>
    /// <param name="IsTurned">Whether the outputs lie along its second axis.</param>
    /// <param name="Zeros">[outputs] of bytes: the zero point of each; none of other types.</param>
    /// <param name="MakesSums">Whether integers may be multiplied.</param>
    public readonly record struct Multiplication(bool IsTurned, byte[] Zeros, bool MakesSums);

    public static bool IsDepthwise(NodeProto node, TensorProto weight) => node.OpType is "Conv" or "FusedConv" or "ConvInteger" or "QLinearConv" && Whole(node, "group") > 1 && weight.Dims is [_, 1, ..];

    /// <summary>The only node that takes what DequantizeLinear makes; null where there are several or none, or it is another node.</summary>
    public NodeProto? Behind(NodeProto node) => Is(node, "DequantizeLinear") ? Reader(node) : null;

    /// <returns>Null where the provider would not take the node, or not this input as its weight.</returns>
    public Multiplication? Way(NodeProto node, int input, TensorProto weight)
    {
        if (weight.Dims.Count < 2) return null;
        var isByte = weight.Type() is DataType.Int8 or DataType.Uint8;
        return (OnnxModel.Domain(node.Domain), node.OpType, input) switch
        {
            ("", "DequantizeLinear", 0) when isByte && Behind(node) is { Input: [var left, var right, ..] } user && right == node.Output[0] && !constants.ContainsKey(left) && Turned(user, weight) is { } turned && AreScales(node, weight) =>
                ZerosOf(node, 2, weight, turned, (int)Whole(node, "axis", 1)) is { } zeros ? new(turned, zeros, IsQuantized(left)) : null,
            ("", "MatMulInteger", 1) when isByte && weight.Dims.Count == 2 && !constants.ContainsKey(node.Input[0]) => Integers(node, 3, weight, true),
            ("", "QLinearMatMul", 3) when isByte && weight.Dims.Count == 2 && AreKnown(node) => Integers(node, 5, weight, true),
            ("", "ConvInteger", 1) when isByte && IsConvolution(node, weight) && !constants.ContainsKey(node.Input[0]) => Integers(node, 3, weight, false),
            ("", "QLinearConv", 3) when isByte && IsConvolution(node, weight) && AreKnown(node) => Integers(node, 5, weight, false),
            (_, _, 1) when !isByte && node.Input[0] != node.Input[1] && !constants.ContainsKey(node.Input[0]) && Turned(node, weight) is { } turned => new(turned, [], false),
            _ => null,
        };
    }

    /// <summary>Of a node of floats whose second input it is; null where the provider would not take the node.</summary>
    private bool? Turned(NodeProto node, TensorProto weight) => (OnnxModel.Domain(node.Domain), node.OpType, weight.Dims.Count) switch
    {
        ("", "MatMul", 2) => true,
        ("", "Gemm", 2) or ("com.microsoft", "FusedGemm", 2) when Whole(node, "transA") == 0 && IsBias(node, weight.Dims[Whole(node, "transB") == 0 ? 1 : 0]) => Whole(node, "transB") == 0,
        ("com.microsoft", "FusedMatMul", 2) when Whole(node, "transA") + Whole(node, "transBatchA") + Whole(node, "transBatchB") == 0 => Whole(node, "transB") == 0,
        ("", "Conv", 3 or 4) or ("com.microsoft", "FusedConv", 3 or 4) when IsConvolution(node, weight) && IsBias(node, weight.Dims[0]) => false,
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

    private static bool IsConvolution(NodeProto node, TensorProto weight) => weight.Dims.Count is 3 or 4 && !IsDepthwise(node, weight) && !DependsOnSize(node);

    private bool IsQuantized(string floats) => Is(makers.GetValueOrDefault(floats), "DequantizeLinear");

    /// <summary>Whether all but the bytes that QLinearMatMul and QLinearConv take are constants.</summary>
    private bool AreKnown(NodeProto node) => node.Input.Count is 8 or 9 && !constants.ContainsKey(node.Input[0]) && node.Input.Skip(1).All(name => constants.ContainsKey(name) || name.Length == 0);

    private Multiplication? Integers(NodeProto node, int zero, TensorProto weight, bool isTurned) => ZerosOf(node, zero, weight, isTurned, isTurned ? 1 : 0) is { } zeros ? new(isTurned, zeros, true) : null;

    /// <summary>Whether DequantizeLinear has a scale for all, for each line of an axis, or for blocks of a matrix.</summary>
    private bool AreScales(NodeProto node, TensorProto weight)
    {
        if (node.Input is not [_, var name, ..] || !constants.TryGetValue(name, out var scale) || scale.Tensor.Type() != DataType.Float || !MemoryMarshal.Cast<byte, float>(scale.Tensor.Bytes()).ToArray().All(float.IsFinite)) return false;
        var (axis, size) = (Axis(Whole(node, "axis", 1), weight), Whole(node, "block_size"));
        if (axis < 0 || axis >= weight.Dims.Count) return size == 0 && scale.Tensor.Count() == 1;
        return size == 0 ? scale.Tensor.Count() == 1 || (scale.Tensor.Dims.Count == 1 && scale.Tensor.Count() == weight.Dims[axis] && (axis == 0 || weight.Dims.Count == 2))
            : size > 0 && weight.Dims.Count == 2 && scale.Tensor.Dims.Count == 2 && scale.Tensor.Dims[axis] == (weight.Dims[axis] + size - 1) / size && scale.Tensor.Dims[1 - axis] == weight.Dims[1 - axis];
    }

    /// <returns>[outputs]; null where they are not one for each of these, or one for all.</returns>
    private byte[]? ZerosOf(NodeProto node, int input, TensorProto weight, bool isTurned, int axis)
    {
        if (weight.Dims[isTurned ? 1 : 0] is var outputs && (outputs < 1 || outputs > Math.Max(weight.RawData.Length, weight.Int32Data.Count))) return null; // a damaged file
        var zeros = new byte[outputs];
        if (node.Input.Count <= input || node.Input[input].Length == 0) return zeros;
        if (!constants.TryGetValue(node.Input[input], out var zero) || zero.Tensor.Type() != weight.Type() || zero.Tensor.Bytes() is not [var first, ..] given) return null;
        if (!given.ContainsAnyExcept(first)) zeros.AsSpan().Fill(first);
        else if (given.Length == zeros.Length && zero.Tensor.Dims.Count == 1 && Axis(axis, weight) == (isTurned ? 1 : 0)) given.CopyTo(zeros);
        else return null;
        return zeros;
    }

    private static int Axis(long axis, TensorProto weight) => (int)(axis < 0 ? axis + weight.Dims.Count : axis);

    private static bool DependsOnSize(NodeProto node) => node.Attribute.FirstOrDefault(attribute => attribute.Name == "auto_pad")?.S.ToStringUtf8() is "SAME_UPPER" or "SAME_LOWER"
        && node.Attribute.FirstOrDefault(attribute => attribute.Name == "strides")?.Ints.Any(stride => stride != 1) == true;

    private static bool Is(NodeProto? node, string type) => node is not null && node.OpType == type && OnnxModel.Domain(node.Domain).Length == 0;

    private static long Whole(NodeProto node, string attribute, long otherwise = 0) => node.Attribute.FirstOrDefault(one => one.Name == attribute)?.I ?? otherwise;
}
