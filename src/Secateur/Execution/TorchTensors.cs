using System.Runtime.InteropServices;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>Tensors between ONNX's form and LibTorch's.</summary>
internal static class TorchTensors
{
    /// <summary>LibTorch has no unsigned types over 8 bits: these are widened to int64; 4-bit integers are widened to 8 bits, float8 to float16, float16 and bfloat16 to float32 (<see cref="Halves"/>).</summary>
    /// <exception cref="SecateurException">The type has no LibTorch form.</exception>
    public static ScalarType TypeOf(DataType type) => type switch
    {
        DataType.Float or DataType.Float16 or DataType.Bfloat16 => ScalarType.Float32,
        DataType.Double => ScalarType.Float64,
        DataType.Float8E4M3Fn or DataType.Float8E4M3Fnuz or DataType.Float8E5M2 or DataType.Float8E5M2Fnuz => ScalarType.Float16,
        DataType.Int8 or DataType.Int4 => ScalarType.Int8,
        DataType.Int16 => ScalarType.Int16,
        DataType.Int32 => ScalarType.Int32,
        DataType.Int64 or DataType.Uint16 or DataType.Uint32 or DataType.Uint64 => ScalarType.Int64,
        DataType.Uint8 or DataType.Uint4 => ScalarType.Byte,
        DataType.Bool => ScalarType.Bool,
        _ => throw new SecateurException($"tensors of type {type} cannot be computed with; convert the model to float32"),
    };

    /// <summary>Whether such tensors can be computed with; texts and complex numbers cannot.</summary>
    public static bool Holds(DataType type) =>
        Enum.IsDefined(type) && type is not (DataType.Undefined or DataType.String or DataType.Complex64 or DataType.Complex128 or DataType.Float4E2M1);

    /// <summary>Whether the file's numbers of a type can be learned and written back: floats of 16, 32 and 64 bits.</summary>
    public static bool IsLearnable(DataType type) => type is DataType.Float or DataType.Double || Halves.Of(type) is not null;

    /// <summary>Whether numbers that are learned are held so: float64 where the file has it, else float32.</summary>
    public static bool IsLearnable(ScalarType type) => type is ScalarType.Float32 or ScalarType.Float64;

    /// <summary>A copy in LibTorch's memory, of the tensor's own shape.</summary>
    public static Tensor ToTorch(this TensorProto proto)
    {
        if (Halves.Of(proto.Type()) is { } half)
        {
            using var bits = empty([.. proto.Dims], half);
            if (proto.Count() > 0) proto.Bytes().CopyTo(bits.bytes);
            return bits.to(ScalarType.Float32);
        }
        var tensor = empty([.. proto.Dims], TypeOf(proto.Type()));
        if (proto.Count() == 0) return tensor;
        if (proto.Type() is DataType.Uint16 or DataType.Uint32 or DataType.Uint64) Widen(proto, MemoryMarshal.Cast<byte, long>(tensor.bytes));
        else if (TensorData.IsHalfByte(proto.Type())) Unpack(proto, tensor.bytes);
        else if (Float8.Of(proto.Type()) is { } format) format.Decode(proto.Bytes(), MemoryMarshal.Cast<byte, Half>(tensor.bytes));
        else proto.Bytes().CopyTo(tensor.bytes);
        return tensor;
    }

    /// <summary>The elements of a tensor of integers, such as a shape; null for one of another type.</summary>
    public static long[]? Integers(this TensorProto proto) => proto.Type() switch
    {
        DataType.Int64 => proto.ToArray<long>(),
        DataType.Int32 => Array.ConvertAll(proto.ToArray<int>(), value => (long)value),
        _ => null,
    };

    /// <summary>Writes the elements back into the tensor they came from; of halves the nearest.</summary>
    public static void Store(this Tensor tensor, TensorProto proto)
    {
        using var scope = NewDisposeScope();
        var stored = Halves.Of(proto.Type()) is { } half ? tensor.detach().to(half) : tensor.detach();
        proto.SetBytes(stored.contiguous().bytes);
    }

    /// <summary>Whether a tensor of float32 or float64 holds neither NaN nor infinity. Unlike <c>isfinite</c> it takes no memory.</summary>
    public static bool AllFinite(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var bytes = tensor.detach().contiguous().bytes;
        return tensor.dtype == ScalarType.Float64 ? AllFinite<double>(bytes) : AllFinite<float>(bytes);
    }

    private static bool AllFinite<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        foreach (var value in MemoryMarshal.Cast<byte, T>(bytes))
            if (!T.IsFinite(value)) return false;
        return true;
    }

    private static void Widen(TensorProto proto, Span<long> wide)
    {
        var bytes = proto.Bytes();
        var width = TensorData.Width(proto.Type());
        for (var i = 0; i < wide.Length; i++)
        {
            var element = bytes.Slice(i * width, width);
            wide[i] = width switch
            {
                2 => MemoryMarshal.Read<ushort>(element),
                4 => MemoryMarshal.Read<uint>(element),
                _ => MemoryMarshal.Read<long>(element),
            };
        }
    }

    private static void Unpack(TensorProto proto, Span<byte> wide)
    {
        var bytes = proto.Bytes();
        var signed = proto.Type() == DataType.Int4;
        for (var i = 0; i < wide.Length; i++)
        {
            var element = (bytes[i / 2] >> (i % 2 * 4)) & 0xf;
            wide[i] = (byte)(signed && element > 7 ? element - 16 : element);
        }
    }
}
