using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx;

/// <summary>The elements of a <see cref="TensorProto"/>, whichever of its fields they are in.</summary>
public static class TensorData
{
    /// <summary>Elements by the tensor's dimensions.</summary>
    public static long Count(this TensorProto tensor)
    {
        var count = 1L;
        foreach (var size in tensor.Dims) count *= size;
        return count;
    }

    public static DataType Type(this TensorProto tensor) => (DataType)tensor.DataType;

    /// <summary>Little-endian bytes, row-major; of half and bfloat16 their bit patterns, a byte a bool, two 4-bit elements a byte, the low one first.</summary>
    /// <exception cref="SecateurException">The type has no fixed width (strings).</exception>
    public static ReadOnlySpan<byte> Bytes(this TensorProto tensor)
    {
        if (tensor.RawData.Length > 0 || tensor.Count() == 0) return tensor.RawData.Span;
        return tensor.Type() switch
        {
            DataType.Float or DataType.Complex64 => MemoryMarshal.AsBytes<float>(tensor.FloatData.ToArray()),
            DataType.Double or DataType.Complex128 => MemoryMarshal.AsBytes<double>(tensor.DoubleData.ToArray()),
            DataType.Int64 => MemoryMarshal.AsBytes<long>(tensor.Int64Data.ToArray()),
            DataType.Uint32 => MemoryMarshal.AsBytes<uint>(tensor.Uint64Data.Select(v => (uint)v).ToArray()),
            DataType.Uint64 => MemoryMarshal.AsBytes<ulong>(tensor.Uint64Data.ToArray()),
            DataType.Int32 => MemoryMarshal.AsBytes<int>(tensor.Int32Data.ToArray()),
            DataType.Int16 or DataType.Uint16 or DataType.Float16 or DataType.Bfloat16 =>
                MemoryMarshal.AsBytes<short>(tensor.Int32Data.Select(v => (short)v).ToArray()),
            var type when Width(type) == 1 || IsHalfByte(type) => tensor.Int32Data.Select(v => (byte)v).ToArray(),
            var type => throw new SecateurException($"tensor '{tensor.Name}': elements of type {type} cannot be read as bytes"),
        };
    }

    /// <summary>A copy of the elements as <typeparamref name="T"/>, whose width must be that of the tensor's type.</summary>
    public static T[] ToArray<T>(this TensorProto tensor) where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.Bytes()).ToArray();

    /// <summary>Replaces the elements; type and dimensions stay.</summary>
    public static void SetBytes(this TensorProto tensor, ReadOnlySpan<byte> bytes)
    {
        tensor.Release();
        tensor.RawData = ByteString.CopyFrom(bytes);
    }

    /// <summary>Drops the elements, until <see cref="SetBytes"/> brings others.</summary>
    public static void Release(this TensorProto tensor)
    {
        tensor.FloatData.Clear();
        tensor.DoubleData.Clear();
        tensor.Int32Data.Clear();
        tensor.Int64Data.Clear();
        tensor.Uint64Data.Clear();
        tensor.RawData = ByteString.Empty;
    }

    /// <summary>A float32 tensor.</summary>
    public static TensorProto Of(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions) =>
        Of(name, DataType.Float, MemoryMarshal.AsBytes(values), dimensions);

    /// <summary>An int64 tensor.</summary>
    public static TensorProto Of(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> dimensions) =>
        Of(name, DataType.Int64, MemoryMarshal.AsBytes(values), dimensions);

    /// <summary>Bytes of one element; 0 for strings and types of less than a byte.</summary>
    public static int Width(DataType type) => type switch
    {
        DataType.Float or DataType.Int32 or DataType.Uint32 => 4,
        DataType.Double or DataType.Int64 or DataType.Uint64 or DataType.Complex64 => 8,
        DataType.Float16 or DataType.Bfloat16 or DataType.Int16 or DataType.Uint16 => 2,
        DataType.Complex128 => 16,
        DataType.Int8 or DataType.Uint8 or DataType.Bool or DataType.Float8E4M3Fn or DataType.Float8E4M3Fnuz or DataType.Float8E5M2
            or DataType.Float8E5M2Fnuz => 1,
        _ => 0,
    };

    /// <summary>Whether two elements share a byte.</summary>
    public static bool IsHalfByte(DataType type) => type is DataType.Int4 or DataType.Uint4 or DataType.Float4E2M1;

    /// <summary>Dimensions and data must agree before anything is allocated for them.</summary>
    internal static void Check(TensorProto tensor, string name, string path)
    {
        if (tensor.DataLocation == DataLocation.External)
            throw new SecateurException($"{path}: tensor '{name}' keeps its data in another file, which is not yet read; save the model as one file");
        UInt128 count = 1;
        foreach (var size in tensor.Dims)
        {
            if (size < 0 || (count *= (ulong)size) > long.MaxValue)
                throw new SecateurException($"{path}: tensor '{name}' has the impossible shape [{string.Join(", ", tensor.Dims)}]; export the model again");
        }
        if (IsHalfByte(tensor.Type())) count = count / 2 + count % 2; // two a byte
        if ((IsHalfByte(tensor.Type()) ? 1 : Width(tensor.Type())) is not (> 0 and var width)) return;
        var there = tensor.RawData.Length > 0 ? tensor.RawData.Length / width : Typed(tensor);
        if ((UInt128)there != count || (tensor.RawData.Length > 0 && tensor.RawData.Length % width != 0))
            throw new SecateurException(
                $"{path}: tensor '{name}' has shape [{string.Join(", ", tensor.Dims)}] but {there} elements; the file is damaged, export it again");
    }

    /// <summary>Elements in the typed field that belongs to the tensor's type.</summary>
    private static int Typed(TensorProto tensor) => tensor.Type() switch
    {
        DataType.Float => tensor.FloatData.Count,
        DataType.Complex64 => tensor.FloatData.Count / 2,
        DataType.Double => tensor.DoubleData.Count,
        DataType.Complex128 => tensor.DoubleData.Count / 2,
        DataType.Int64 => tensor.Int64Data.Count,
        DataType.Uint32 or DataType.Uint64 => tensor.Uint64Data.Count,
        _ => tensor.Int32Data.Count,
    };

    private static TensorProto Of(string name, DataType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> dimensions)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (var size in dimensions) tensor.Dims.Add(size);
        return tensor;
    }
}
