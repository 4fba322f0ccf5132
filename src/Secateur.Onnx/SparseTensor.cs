using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx;

/// <summary>ONNX's sparse initializers: the nonzero values and their flat int64 positions (COO). ONNX Runtime makes them dense at load.</summary>
public static class SparseTensor
{
    /// <summary>Bytes of a sparse float32 tensor: four of value and eight of position for each nonzero.</summary>
    public static long Bytes(long nonzero) => 12 * nonzero;

    public static SparseTensorProto FromDense(TensorProto dense)
    {
        var values = MemoryMarshal.Cast<byte, float>(dense.Bytes());
        List<float> kept = [];
        List<long> positions = [];
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] == 0) continue;
            kept.Add(values[i]);
            positions.Add(i);
        }
        var sparse = new SparseTensorProto
        {
            Values = TensorData.Of(dense.Name, CollectionsMarshal.AsSpan(kept), kept.Count),
            Indices = TensorData.Of(dense.Name + "_indices", CollectionsMarshal.AsSpan(positions), positions.Count),
        };
        sparse.Dims.Add(dense.Dims);
        return sparse;
    }

    /// <exception cref="SecateurException">A position lies outside the tensor, or its layout is not known.</exception>
    public static TensorProto ToDense(SparseTensorProto sparse, string path)
    {
        if (sparse.Values is null || sparse.Indices is null)
            throw new SecateurException($"{path}: sparse tensor '{sparse.Values?.Name}' lacks its values or their positions; the file is damaged, export it again");
        var (name, width) = (sparse.Values.Name, TensorData.Width(sparse.Values.Type()));
        TensorData.Check(sparse.Values, name, path);
        TensorData.Check(sparse.Indices, name, path);
        var shape = sparse.Dims.ToArray();
        UInt128 count = 1;
        foreach (var size in shape)
            if (size < 0 || (count *= (ulong)size) > (UInt128)Array.MaxLength / (ulong)Math.Max(width, 1))
                throw new SecateurException($"{path}: sparse tensor '{name}' has the impossible shape [{string.Join(", ", shape)}]; export the model again");
        if (width == 0 || sparse.Indices.Type() != DataType.Int64)
            throw new SecateurException($"{path}: sparse tensor '{name}' is of a type that is not known; save it as a dense initializer");
        var values = sparse.Values.Bytes();
        var indices = MemoryMarshal.Cast<byte, long>(sparse.Indices.Bytes());
        var (nonzero, rank) = ((int)sparse.Values.Count(), sparse.Indices.Dims.Count == 2 ? shape.Length : 1);
        if (indices.Length != (long)nonzero * rank)
            throw new SecateurException($"{path}: sparse tensor '{name}' has {nonzero} values and {indices.Length} indices; the file is damaged");
        var bytes = new byte[(long)count * width];
        for (var i = 0; i < nonzero; i++)
        {
            var at = indices.Slice(i * rank, rank);
            var position = 0L;
            for (var axis = 0; axis < rank; axis++)
            {
                var size = rank == shape.Length ? shape[axis] : (long)count;
                if (at[axis] < 0 || at[axis] >= size)
                    throw new SecateurException(
                        $"{path}: sparse tensor '{name}' has a value at {string.Join(", ", at.ToArray())}, outside its {count} elements; the file is damaged");
                position = position * size + at[axis];
            }
            values.Slice(i * width, width).CopyTo(bytes.AsSpan((int)(position * width)));
        }
        var dense = new TensorProto { Name = name, DataType = sparse.Values.DataType, RawData = UnsafeByteOperations.UnsafeWrap(bytes) };
        dense.Dims.Add(shape);
        return dense;
    }
}
