using Secateur.Onnx;
using Secateur.Onnx.Proto;

namespace Secateur.Structure;

/// <summary>Slices of constants, of any type of whole bytes.</summary>
internal static class Slicing
{
    /// <summary>Whether its elements lie in bytes of their own.</summary>
    public static bool CanSlice(this TensorProto tensor) => !TensorData.IsHalfByte(tensor.Type()) && tensor.Type() != TensorProto.Types.DataType.String;

    /// <summary>Leaves some indices of an axis.</summary>
    /// <param name="tensor">Changed in place.</param>
    /// <param name="axis">From 0.</param>
    /// <param name="stays">One for each index.</param>
    public static void Slice(this TensorProto tensor, int axis, bool[] stays)
    {
        var width = TensorData.Width(tensor.Type());
        var inner = tensor.Dims.Skip(axis + 1).Aggregate((long)width, (product, size) => product * size);
        var bytes = tensor.Bytes();
        var left = stays.Count(one => one);
        var outer = tensor.Dims.Take(axis).Aggregate(1L, (product, size) => product * size);
        var made = new byte[outer * left * inner];
        var to = 0L;
        for (var row = 0L; row < outer; row++)
        {
            for (var index = 0; index < stays.Length; index++)
            {
                if (!stays[index]) continue;
                bytes.Slice((int)((row * stays.Length + index) * inner), (int)inner).CopyTo(made.AsSpan((int)to));
                to += inner;
            }
        }
        tensor.Dims[axis] = left;
        tensor.SetBytes(made);
    }

    /// <summary>Sets indices of an axis to zero.</summary>
    /// <param name="tensor">Changed in place.</param>
    /// <param name="axis">From 0.</param>
    /// <param name="stays">One for each index.</param>
    /// <param name="zero">Of a quantized tensor: what is zero, one of its type or one for each index of <paramref name="zeroAxis"/>; null: 0.</param>
    /// <param name="zeroAxis">From 0.</param>
    public static void Clear(this TensorProto tensor, int axis, bool[] stays, TensorProto? zero = null, int zeroAxis = 0)
    {
        var width = TensorData.Width(tensor.Type());
        var bytes = tensor.Bytes().ToArray();
        var zeros = zero is null ? new byte[width] : zero.Bytes().ToArray();
        var (inner, own) = (Inner(axis), zeros.Length == width ? long.MaxValue : Inner(zeroAxis));
        for (var element = 0; element < bytes.Length / width; element++)
        {
            if (stays[element / inner % stays.Length]) continue;
            zeros.AsSpan((int)(element / own % (zeros.Length / width)) * width, width).CopyTo(bytes.AsSpan(element * width));
        }
        tensor.SetBytes(bytes);

        long Inner(int place) => tensor.Dims.Skip(place + 1).Aggregate(1L, (product, size) => product * size);
    }
}
