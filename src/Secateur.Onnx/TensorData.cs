using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx;

/// <summary>The elements of a <see cref="TensorProto"/>, whichever of its fields they are in.</summary>
public static class TensorData
{
    private const int MostAxes = 64; // LibTorch's limit

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

    /// <summary>A tensor of texts, UTF-8.</summary>
    internal static TensorProto Of(string name, IEnumerable<ByteString> texts, params ReadOnlySpan<long> dimensions)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)DataType.String };
        tensor.StringData.Add(texts);
        foreach (var size in dimensions) tensor.Dims.Add(size);
        return tensor;
    }

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

    /// <summary>Bits of one element; 0 for strings and for types that are not known.</summary>
    public static int Bits(DataType type) => IsHalfByte(type) ? 4 : 8 * Width(type);

    /// <summary>Bytes of the elements, those of less than a byte packed, the last one filled up; -1 for strings and for types that are not known.</summary>
    /// <exception cref="SecateurException">The shape is impossible.</exception>
    internal static long PackedBytes(TensorProto tensor, string name, string path) =>
        Bits(tensor.Type()) is > 0 and var bits ? (long)((Count(tensor, name, path) * (uint)bits + 7) / 8) : -1;

    /// <summary>Dimensions and data must agree before anything is allocated for them.</summary>
    internal static void Check(TensorProto tensor, string name, string path)
    {
        if (tensor.DataLocation == DataLocation.External)
            throw new SecateurException($"{path}: tensor '{name}' keeps its data in another file, and the model was not loaded from one; load it by its path");
        var count = Count(tensor, name, path);
        var bits = Bits(tensor.Type());
        if (bits == 0 && tensor.Type() != DataType.String) return;
        var raw = tensor.RawData.Length;
        var fits = raw > 0 && bits > 0 ? (UInt128)raw == (count * (uint)bits + 7) / 8
            : (UInt128)Typed(tensor) == (bits == 4 ? (count + 1) / 2 : count); // two of 4 bits to an entry
        if (!fits)
            throw new SecateurException($"{path}: tensor '{name}' has shape [{Shape(tensor)}] but "
                + $"{(raw > 0 && bits > 0 ? raw * 8L / bits : Typed(tensor) * (bits == 4 ? 2L : 1))} elements; the file is damaged, export it again");
    }

    /// <summary>Elements by the dimensions, so few that their bits can be counted; were there no axis of 0, their steps through memory could be counted too.</summary>
    private static UInt128 Count(TensorProto tensor, string name, string path)
    {
        UInt128 count = 1;
        foreach (var size in tensor.Dims)
        {
            if (size < 0 || tensor.Dims.Count > MostAxes || (count *= (ulong)Math.Max(1, size)) > long.MaxValue / 128)
                throw new SecateurException($"{path}: tensor '{name}' has the impossible shape [{Shape(tensor)}]; export the model again");
        }
        return tensor.Dims.Contains(0) ? 0 : count;
    }

    private static string Shape(TensorProto tensor) => string.Join(", ", tensor.Dims.Take(10)) + (tensor.Dims.Count > 10 ? ", ..." : "");

    /// <summary>Elements in the typed field that belongs to the tensor's type.</summary>
    private static int Typed(TensorProto tensor) => tensor.Type() switch
    {
        DataType.Float => tensor.FloatData.Count,
        DataType.Complex64 => tensor.FloatData.Count / 2,
        DataType.Double => tensor.DoubleData.Count,
        DataType.Complex128 => tensor.DoubleData.Count / 2,
        DataType.Int64 => tensor.Int64Data.Count,
        DataType.Uint32 or DataType.Uint64 => tensor.Uint64Data.Count,
        DataType.String => tensor.StringData.Count,
        _ => tensor.Int32Data.Count,
    };

    private static TensorProto Of(string name, DataType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> dimensions)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (var size in dimensions) tensor.Dims.Add(size);
        return tensor;
    }
}
