using Google.Protobuf;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Models of QuantizeLinear and DequantizeLinear: their types, and how they are fine-tuned.</summary>
public sealed class QuantizationTests
{
    [Theory]
    [InlineData(DataType.Uint8, 0.03f), InlineData(DataType.Int8, 0.03f), InlineData(DataType.Uint16, 1e-4f), InlineData(DataType.Int16, 1e-4f)]
    [InlineData(DataType.Int4, 0.4f), InlineData(DataType.Uint4, 0.4f), InlineData(DataType.Float8E4M3Fn, 0.01f), InlineData(DataType.Float8E4M3Fnuz, 0.01f)]
    [InlineData(DataType.Float8E5M2, 1e-4f), InlineData(DataType.Float8E5M2Fnuz, 1e-4f)]
    public void There_and_back_equals_ONNX_Runtime(DataType type, float scale)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var x = new Draw(new Random(3), 21).Floats([40], -6, 6);
        x.Name = "x";
        var zero = new TensorProto { Name = "zero", DataType = (int)type, RawData = ByteString.CopyFrom(new byte[Math.Max(1, TensorData.Width(type))]) };
        Same(SmallGraphs.Of(21, [Quantize("x", "q"), Dequantize("q", "y")], [x], [TensorData.Of("scale", [scale]), zero], ["y"]), x);
    }

    [Theory]
    [InlineData(DataType.Int4), InlineData(DataType.Uint4), InlineData(DataType.Uint8), InlineData(DataType.Float8E4M3Fn), InlineData(DataType.Float8E5M2Fnuz)]
    public void A_constant_of_few_bits_equals_ONNX_Runtime(DataType type)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var bytes = new byte[TensorData.IsHalfByte(type) ? 8 : 15]; // 15 elements
        new Random(5).NextBytes(bytes);
        if (TensorData.IsHalfByte(type)) bytes[^1] &= 0xf;
        var w = new TensorProto { Name = "w", DataType = (int)type, RawData = ByteString.CopyFrom(bytes), Dims = { 3, 5 } };
        var x = new Draw(new Random(3), 21).Floats([2, 3]);
        x.Name = "x";
        var scales = new Draw(new Random(4), 21).Floats([2, 5], 0.1f, 0.2f);
        scales.Name = "scale";
        var node = SmallGraphs.Node("DequantizeLinear", ["w", "scale"], ["float"], ("axis", 0L), ("block_size", 2L));
        Same(SmallGraphs.Of(21, [node, SmallGraphs.Node("MatMul", ["x", "float"], ["y"])], [x], [w, scales], ["y"]), x);
    }

    [Fact]
    public void Training_passes_a_gradient_as_if_nothing_were_rounded()
    {
        using var scope = NewDisposeScope();
        using var network = new Network(SmallGraphs.Of(21, [Quantize("w", "q"), Dequantize("q", "d"), SmallGraphs.Node("Mul", ["x", "d"], ["y"])],
            [TensorData.Of("x", [0f, 0, 0], 3)], [TensorData.Of("w", [0.234f, -0.777f, 99], 3), TensorData.Of("scale", [0.1f]), Zero], ["y"]));
        var x = tensor(new[] { 1f, 2, 3 });
        var trained = network.Run(new Dictionary<string, Tensor> { ["x"] = x })[0];
        trained.sum().backward();
        Assert.Equal([1f, 2, 0], network.Parameters["w"].grad!.data<float>().ToArray()); // 99 is out of range: no step would change it
        using var frozen = no_grad();
        var used = network.Run(new Dictionary<string, Tensor> { ["x"] = x })[0];
        Assert.True(allclose(used, trained), $"{used.cstr()} in use, {trained.cstr()} in training");
    }

    [Fact]
    public void A_weight_that_is_quantized_when_used_can_be_pruned()
    {
        using var network = new Network(SmallGraphs.Of(21,
            [SmallGraphs.Node("QuantizeLinear", ["w", "scales", "zeros"], ["q"], ("axis", 1L)), SmallGraphs.Node("DequantizeLinear", ["q", "scales", "zeros"], ["d"], ("axis", 1L)),
                SmallGraphs.Node("MatMul", ["x", "d"], ["y"])],
            [TensorData.Of("x", new float[3], 1, 3)],
            [TensorData.Of("w", new float[12], 3, 4), TensorData.Of("scales", [1f, 1, 1, 1], 4), SmallGraphs.Tensor<sbyte>("zeros", DataType.Int8, new sbyte[4], 4)], ["y"]));
        var weight = Assert.Single(network.Weights);
        Assert.Equal(("w", 4L, 3L), (weight.Name, weight.Outputs, weight.Inputs));
    }

    [Fact]
    public void Integers_stay_as_they_are()
    {
        using var network = new Network(SmallGraphs.Of(21, [Dequantize("w", "d"), SmallGraphs.Node("Mul", ["x", "d"], ["y"])], [TensorData.Of("x", [0f, 0], 2)],
            [SmallGraphs.Tensor<sbyte>("w", DataType.Int8, [3, -4], 2), TensorData.Of("scale", [0.1f]), Zero], ["y"]));
        Assert.Empty(network.Parameters);
    }

    private static TensorProto Zero => SmallGraphs.Tensor<sbyte>("zero", DataType.Int8, [0]);

    private static NodeProto Quantize(string from, string to) => SmallGraphs.Node("QuantizeLinear", [from, "scale", "zero"], [to]);

    private static NodeProto Dequantize(string from, string to) => SmallGraphs.Node("DequantizeLinear", [from, "scale", "zero"], [to]);

    private static void Same(OnnxModel model, TensorProto x)
    {
        using var network = new Network(model);
        var (ours, theirs) = (network.Run(new Dictionary<string, Tensor> { ["x"] = x.ToTorch() })[0], StockRuntime.Run(model, [x])[0]);
        Assert.True(allclose(ours, theirs, 1e-5, 1e-6, equal_nan: true), $"expected {theirs.cstr()}, was {ours.cstr()}");
    }
}
