using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>Weights of int8 behind DequantizeLinear. ONNX Runtime itself makes bytes of the inputs too, so that its answers are coarser: what is held against ours is its answer with the weights as floats.</summary>
public sealed class ByteWeightTests
{
    public static TheoryData<double, int, bool> All => [.. from sparsity in (double[])[0, 0.5, 0.9, 1] from tokens in (int[])[1, 3, 20, 70] from each in (bool[])[false, true] select (sparsity, tokens, each)];

    [Theory, MemberData(nameof(All))]
    public void Equals_the_weights_as_floats(double sparsity, int tokens, bool each)
    {
        var graph = new Case(1, sparsity);
        var product = graph.Node("MatMul", [graph.Input(1, tokens, 96), graph.Bytes(96, 70, each)]);
        var output = graph.Node("Relu", [graph.Node("Add", [product, graph.Constant(70)])]);
        using var stock = new Run(Floats(graph.Model(output)), null);
        using var ours = new Run(graph.Model(output), Library.Device, 1, ("force", "1"));
        Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
        Assert.Contains("claimed", Assert.Single(ours.Report));
    }

    [Fact]
    public void Weights_that_are_not_symmetric_stay()
    {
        var graph = new Case(1, 0.9);
        var weight = graph.Bytes(32, 16, each: false);
        var model = graph.Model(graph.Node("MatMul", [graph.Input(2, 32), weight]));
        var zero = new TensorProto { Name = "zero", DataType = (int)DataType.Int8, RawData = ByteString.CopyFrom(3) };
        model.Graph.Initializer.Add(zero);
        model.Graph.Node.Single(node => node.OpType == "DequantizeLinear").Input.Add("zero");
        using var ours = new Run(model, Library.Device, 1, ("force", "1"));
        Assert.DoesNotContain(ours.Report, line => line.Contains("claimed", StringComparison.Ordinal));
    }

    /// <summary>The same model with what DequantizeLinear would make as constants.</summary>
    private static ModelProto Floats(ModelProto model)
    {
        var constants = model.Graph.Initializer.ToDictionary(tensor => tensor.Name);
        foreach (var node in model.Graph.Node.Where(node => node.OpType == "DequantizeLinear").ToArray())
        {
            var (bytes, scales) = (constants[node.Input[0]], constants[node.Input[1]].ToArray<float>());
            var values = MemoryMarshal.Cast<byte, sbyte>(bytes.Bytes()).ToArray().Select((value, i) => value * scales[scales.Length == 1 ? 0 : i % scales.Length]).ToArray();
            model.Graph.Initializer.Add(TensorData.Of(node.Output[0], values, [.. bytes.Dims]));
            model.Graph.Node.Remove(node);
        }
        return model;
    }
}
