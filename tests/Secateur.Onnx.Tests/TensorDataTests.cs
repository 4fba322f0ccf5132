using System.Runtime.InteropServices;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Tests;

public class TensorDataTests
{
    [Fact]
    public void Typed_fields_are_the_same_bytes_as_raw_data()
    {
        Same(DataType.Float, tensor => tensor.FloatData.Add([1.5f, -2f]), [1.5f, -2f]);
        Same(DataType.Double, tensor => tensor.DoubleData.Add([1.5, -2]), [1.5, -2d]);
        Same(DataType.Int64, tensor => tensor.Int64Data.Add([5L, -6L]), [5L, -6L]);
        Same(DataType.Int32, tensor => tensor.Int32Data.Add([5, -6]), [5, -6]);
        Same(DataType.Int16, tensor => tensor.Int32Data.Add([5, -6]), [(short)5, (short)-6]);
        Same(DataType.Int8, tensor => tensor.Int32Data.Add([5, -6]), [(sbyte)5, (sbyte)-6]);
        Same(DataType.Uint8, tensor => tensor.Int32Data.Add([5, 250]), [(byte)5, (byte)250]);
        Same(DataType.Bool, tensor => tensor.Int32Data.Add([1, 0]), [(byte)1, (byte)0]);
        Same(DataType.Float16, tensor => tensor.Int32Data.Add([0x3e00, 0xc000]), [(Half)1.5, (Half)(-2)]);
        Same(DataType.Uint32, tensor => tensor.Uint64Data.Add([5UL, uint.MaxValue]), [5u, uint.MaxValue]);
        Same(DataType.Uint64, tensor => tensor.Uint64Data.Add([5UL, ulong.MaxValue]), [5ul, ulong.MaxValue]);
    }

    [Fact]
    public void New_bytes_replace_typed_fields()
    {
        var tensor = new TensorProto { Name = "t", DataType = (int)DataType.Float, Dims = { 2 }, FloatData = { 1, 2 } };
        tensor.SetBytes(MemoryMarshal.AsBytes<float>([3, 4]));
        Assert.Equal([3f, 4f], tensor.ToArray<float>());
        Assert.Empty(tensor.FloatData);
    }

    private static void Same<T>(DataType type, Action<TensorProto> fill, T[] expected) where T : unmanaged
    {
        var tensor = new TensorProto { Name = "t", DataType = (int)type, Dims = { expected.Length } };
        fill(tensor);
        Assert.Equal(MemoryMarshal.AsBytes<T>(expected).ToArray(), tensor.Bytes().ToArray());
    }
}
