using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx;

/// <summary>ONNX's sparse initializers: the nonzero values and their flat int64 positions (COO). ONNX Runtime makes them dense at load.</summary>
public static class SparseTensor
{
    /// <summary>Bytes of a sparse tensor: those of a value and eight of position for each nonzero.</summary>
    /// <param name="nonzero">Elements that are kept.</param>
    /// <param name="width">Bytes of a value.</param>
    public static long Bytes(long nonzero, int width) => (8 + width) * nonzero;

    /// <param name="dense">Of any type of whole bytes.</param>
    /// <param name="keepSigns">Whether a negative zero is a value; else it counts as zero: it is what a mask leaves of a negative weight.</param>
    public static SparseTensorProto FromDense(TensorProto dense, bool keepSigns = false)
    {
        var bytes = dense.Bytes();
        var width = TensorData.Width(dense.Type());
        var nonzero = Nonzero(dense, keepSigns);
        var sign = Sign(dense, keepSigns);
        var kept = new byte[nonzero * width];
        var positions = new long[nonzero];
        var next = 0;
        for (var i = 0; i < bytes.Length / width; i++)
        {
            var element = bytes.Slice(i * width, width);
            if (IsZero(element, sign)) continue;
            element.CopyTo(kept.AsSpan(next * width));
            positions[next++] = i;
        }
        var values = new TensorProto { Name = dense.Name, DataType = dense.DataType, RawData = UnsafeByteOperations.UnsafeWrap(kept) };
        values.Dims.Add(nonzero);
        var sparse = new SparseTensorProto { Values = values, Indices = TensorData.Of(dense.Name + "_indices", positions, nonzero) };
        sparse.Dims.Add(dense.Dims);
        return sparse;
    }

    /// <summary>Elements that the sparse form would keep.</summary>
    public static int Nonzero(TensorProto dense, bool keepSigns = false)
    {
        var bytes = dense.Bytes();
        var (width, sign, count) = (TensorData.Width(dense.Type()), Sign(dense, keepSigns), 0);
        for (var at = 0; at < bytes.Length; at += width)
            if (!IsZero(bytes.Slice(at, width), sign)) count++;
        return count;
    }

    /// <exception cref="SecateurException">A position lies outside the tensor, or its layout is not known.</exception>
    public static TensorProto ToDense(SparseTensorProto sparse, string path)
    {
        if (sparse is not { Values: not null, Indices: not null })
            throw new SecateurException($"{path}: sparse tensor '{sparse.Values?.Name}' has no values or no indices; the file is damaged");
        var (name, width) = (sparse.Values.Name, TensorData.Width(sparse.Values.Type()));
        if (width == 0 || sparse.Indices.Type() != DataType.Int64)
            throw new SecateurException($"{path}: sparse tensor '{name}' is of a type that is not known; save it as a dense initializer");
        TensorData.Check(sparse.Values, name, path);
        TensorData.Check(sparse.Indices, name, path);
        var shape = sparse.Dims.ToArray();
        UInt128 count = 1;
        foreach (var size in shape)
            if (size < 0 || (count *= (ulong)size) > (UInt128)Array.MaxLength / (ulong)Math.Max(width, 1))
                throw new SecateurException($"{path}: sparse tensor '{name}' has the impossible shape [{string.Join(", ", shape)}]; export the model again");
        var values = sparse.Values.Bytes();
        var indices = MemoryMarshal.Cast<byte, long>(sparse.Indices.Bytes());
        var (nonzero, rank) = ((int)sparse.Values.Count(), sparse.Indices.Dims.Count == 2 ? shape.Length : 1);
        if (indices.Length != (long)nonzero * rank || rank == 0)
            throw new SecateurException($"{path}: sparse tensor '{name}' has {nonzero} values and {indices.Length} indices; the file is damaged");
        var bytes = Allocate((long)count * width, name, path);
        for (var i = 0; i < nonzero; i++)
        {
            var place = indices.Slice(i * rank, rank);
            var position = rank == 1 ? place[0] : 0;
            for (var axis = 0; axis < rank && rank > 1 && position >= 0; axis++)
                position = place[axis] >= 0 && place[axis] < shape[axis] ? position * shape[axis] + place[axis] : -1;
            if (position < 0 || position >= (long)count)
                throw new SecateurException(
                    $"{path}: sparse tensor '{name}' has a value at [{string.Join(", ", place.ToArray())}], outside its {count} elements; the file is damaged");
            values.Slice(i * width, width).CopyTo(bytes.AsSpan((int)(position * width)));
        }
        var dense = new TensorProto { Name = name, DataType = sparse.Values.DataType, RawData = UnsafeByteOperations.UnsafeWrap(bytes) };
        dense.Dims.Add(shape);
        return dense;
    }

    /// <summary>The bit of the last byte that does not make a zero a value.</summary>
    private static int Sign(TensorProto dense, bool keepSigns) =>
        !keepSigns && dense.Type() is (DataType.Float or DataType.Double or DataType.Float16 or DataType.Bfloat16) ? 0x80 : 0;

    private static bool IsZero(ReadOnlySpan<byte> element, int sign) => (element[^1] & ~sign) == 0 && !element[..^1].ContainsAnyExcept((byte)0);

    /// <summary>A small file may ask for much memory.</summary>
    internal static byte[] Allocate(long bytes, string name, string path)
    {
        try
        {
            return new byte[bytes];
        }
        catch (OutOfMemoryException e)
        {
            throw new SecateurException($"{path}: sparse tensor '{name}' takes {bytes} bytes as a dense one, which is more than is free; free memory", e);
        }
    }
}
