using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Testing;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

public sealed class CastTests
{
    /// <summary>LibTorch has no unsigned integers over 8 bits; int64 holds them.</summary>
    [Theory]
    [InlineData(DataType.Uint8, new long[] { 255, 44, 7 }), InlineData(DataType.Uint16, new long[] { 65535, 300, 7 })]
    [InlineData(DataType.Uint32, new long[] { 4294967295, 300, 4294967303 - 4294967296 })]
    public void Integers_wrap_to_the_width_of_an_unsigned_type(DataType to, long[] expected)
    {
        using var scope = NewDisposeScope();
        var node = SmallGraphs.Of(13, [SmallGraphs.Node("Cast", ["x"], ["y"], ("to", (long)to))], [TensorData.Of("x", [0f], 1)], [], ["y"]).Graph.Nodes[0];
        var y = new Cast().Run(node, [tensor([-1L, 300, 4294967303])], default)[0];
        Assert.Equal(expected, y.to(ScalarType.Int64).data<long>().ToArray());
    }

    /// <summary>The nearest number that the format has (ONNX's documentation, "Float stored in 8 bits").</summary>
    [Theory]
    [InlineData(DataType.Float8E4M3Fn, true, new[] { 0.1015625f, -448, 448, 0.001953125f, 2.5f, float.NaN })]
    [InlineData(DataType.Float8E4M3Fn, false, new[] { 0.1015625f, float.NaN, float.NaN, 0.001953125f, 2.5f, float.NaN })]
    [InlineData(DataType.Float8E5M2, true, new[] { 0.09375f, -512, 57344, 0.001953125f, 2.5f, float.NaN })]
    [InlineData(DataType.Float8E5M2, false, new[] { 0.09375f, -512, float.PositiveInfinity, 0.001953125f, 2.5f, float.NaN })]
    public void Floats_are_rounded_to_a_float_of_8_bits(DataType to, bool saturate, float[] expected)
    {
        using var scope = NewDisposeScope();
        var node = SmallGraphs.Of(19, [SmallGraphs.Node("Cast", ["x"], ["y"], ("to", (long)to), ("saturate", saturate))], [TensorData.Of("x", [0f], 1)], [], ["y"]).Graph.Nodes[0];
        Assert.Equal(expected, new Cast().Run(node, [tensor([0.1f, -500, 1e6f, 0.002f, 2.6f, float.NaN])], default)[0].to(ScalarType.Float32).data<float>().ToArray());
    }
}
