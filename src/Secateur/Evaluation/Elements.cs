using System.Runtime.InteropServices;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Evaluation;

/// <summary>Counting the elements of a constant as they lie in the file.</summary>
internal static class Elements
{
    /// <summary>Elements that are not zero; −0 is zero.</summary>
    public static long Nonzero(TensorProto tensor)
    {
        var bytes = tensor.Bytes();
        return tensor.Type() switch
        {
            DataType.Float => Count(MemoryMarshal.Cast<byte, uint>(bytes), 0x7fff_ffffu),
            DataType.Double => Count(MemoryMarshal.Cast<byte, ulong>(bytes), 0x7fff_ffff_ffff_fffful),
            DataType.Float16 or DataType.Bfloat16 => Count(MemoryMarshal.Cast<byte, ushort>(bytes), (ushort)0x7fff),
            var type => TensorData.Width(type) switch
            {
                1 => bytes.Length - bytes.Count((byte)0),
                2 => Count(MemoryMarshal.Cast<byte, ushort>(bytes), ushort.MaxValue),
                4 => Count(MemoryMarshal.Cast<byte, uint>(bytes), uint.MaxValue),
                _ => Count(MemoryMarshal.Cast<byte, ulong>(bytes), ulong.MaxValue),
            },
        };
    }

    private static long Count<T>(ReadOnlySpan<T> elements, T withoutSign) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        var nonzero = 0L;
        foreach (var element in elements)
            if ((element & withoutSign) != T.Zero) nonzero++;
        return nonzero;
    }
}
