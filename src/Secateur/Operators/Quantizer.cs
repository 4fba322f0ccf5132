using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>Numbers as integers of a few bits: x ≈ scale·(q − zero point).</summary>
internal static class Quantizer
{
    /// <summary>
    /// q = round(x / scale) + zero point, halves to even, within the type. Where x has a gradient, q stays a float, through which the
    /// gradient passes as if nothing were rounded, save where x is out of range.
    /// </summary>
    public static Tensor Quantize(Tensor x, Tensor scale, Tensor? zero, DataType type)
    {
        var (low, high) = Range(type);
        var shift = zero?.to(x.dtype) ?? 0;
        var exact = x / scale;
        if (is_grad_enabled() && x.requires_grad) return ((exact.detach().round() - exact.detach() + exact) + shift).clamp(low, high);
        return (exact.round_() + shift).clamp_(low, high).to(TorchTensors.TypeOf(type));
    }

    /// <summary>scale·(q − zero point), of the scale's type.</summary>
    public static Tensor Dequantize(Tensor q, Tensor scale, Tensor? zero) => Centered(q, zero, scale.dtype) * scale;

    /// <summary>The product of two quantized operands, in steps of their scales' product, quantized again to the zero point's type.</summary>
    public static Tensor Requantize(Node node, Tensor product, Tensor step, Tensor scale, Tensor zero)
    {
        if (scale.numel() != 1 || zero.numel() != 1) throw node.Error("its result's scale or zero point is not one number; export the model again");
        var factor = step / scale.reshape(); // float32, as ONNX Runtime has it
        return Quantize(product * factor.to(product.dtype), ones(1, product.dtype), zero.reshape(), TypeOf(zero));
    }

    /// <summary>q − zero point, of a float type; exact where the type holds the integers.</summary>
    public static Tensor Centered(Tensor q, Tensor? zero, ScalarType type) => zero is null ? q.to(type)
        : q.dtype is ScalarType.Int32 or ScalarType.Int64 ? (q - zero).to(type) : q.to(type) - zero.to(type);

    /// <summary>The smallest and largest integer of a type.</summary>
    public static (double Low, double High) Range(DataType type) => type switch
    {
        DataType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        DataType.Uint8 => (0, byte.MaxValue),
        DataType.Int16 => (short.MinValue, short.MaxValue),
        DataType.Uint16 => (0, ushort.MaxValue),
        DataType.Int4 => (-8, 7),
        DataType.Uint4 => (0, 15),
        DataType.Int32 => (int.MinValue, int.MaxValue),
        _ => throw new SecateurException($"numbers cannot be quantized to {type}; quantize the model to int8 or uint8"),
    };

    /// <summary>The type that a tensor of integers is of, where the file states none: of those over 16 bits the only one that quantizes is uint16.</summary>
    public static DataType TypeOf(Tensor? zero) => zero?.dtype switch
    {
        null or ScalarType.Byte => DataType.Uint8,
        ScalarType.Int8 => DataType.Int8,
        ScalarType.Int16 => DataType.Int16,
        ScalarType.Int64 => DataType.Uint16,
        ScalarType.Int32 => DataType.Int32,
        var other => throw new SecateurException($"a zero point is of type {other}; quantize the model to int8 or uint8"),
    };

    /// <summary>A scale or zero point made to broadcast against x: of one element, one for each index of the axis, or one for each block of it.</summary>
    /// <param name="node">The node, for messages.</param>
    /// <param name="parameter">A scale or zero point.</param>
    /// <param name="x">The shape of what is quantized.</param>
    /// <param name="axis">The axis that they belong to, from either end.</param>
    /// <param name="block">Indices of the axis that share one; 0: none do.</param>
    public static Tensor Spread(Node node, Tensor parameter, long[] x, long axis, long block)
    {
        var shape = parameter.shape;
        if (parameter.numel() == 1 && shape.Length <= 1) return parameter.reshape();
        var along = node.Axis(axis, x.Length);
        if (block > 0)
        {
            long[] blocks = [.. x[..along], (x[along] + block - 1) / block, .. x[(along + 1)..]];
            if (shape.AsSpan().SequenceEqual(blocks)) return parameter.repeat_interleave(block, along).narrow(along, 0, x[along]);
        }
        else if (shape is [var count] && count == x[along]) return parameter.reshape([.. Enumerable.Range(0, x.Length).Select(place => place == along ? count : 1)]);
        throw node.Error($"a scale or zero point of [{string.Join(", ", shape)}] does not fit [{string.Join(", ", x)}] along axis {axis}; export the model again");
    }
}
