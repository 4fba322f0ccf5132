using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>Weights of bytes and half bytes behind DequantizeLinear. ONNX Runtime itself makes bytes of the inputs too, so that its answers are coarser: what is held against ours is its answer with the weights as floats.</summary>
public sealed class QuantizedWeightTests
{
    private static readonly Dictionary<string, Func<Case, int, string>> Cases = new()
    {
        ["int8"] = (g, tokens) => g.Node("MatMul", [g.Input(1, tokens, 96), g.Dequantized(DataType.Int8, 0, -1, 0, 1, 96, 70)]),
        ["int8, a scale for each output"] = (g, tokens) => g.Node("MatMul", [g.Input(1, tokens, 96), g.Dequantized(DataType.Int8, 0, 1, 0, 1, 96, 70)]),
        ["int8, a scale for each input"] = (g, tokens) => g.Node("MatMul", [g.Input(1, tokens, 96), g.Dequantized(DataType.Int8, 0, 0, 0, 1, 96, 70)]),
        ["int8, zero points"] = (g, tokens) => g.Node("MatMul", [g.Input(1, tokens, 96), g.Dequantized(DataType.Int8, 9, 1, 0, 1, 96, 70)]),
        ["uint8, zero points"] = (g, tokens) => g.Node("MatMul", [g.Input(1, tokens, 97), g.Dequantized(DataType.Uint8, 120, 1, 0, 1, 97, 33)]),
        ["uint8, one zero point"] = (g, tokens) => g.Node("Gemm", [g.Input(tokens, 96), g.Dequantized(DataType.Uint8, 77, -1, 0, 0, 70, 96), g.Constant(70)], ("transB", 1), ("alpha", 0.5f)),
        ["int4"] = (g, tokens) => g.Node("MatMul", [g.Input(1, tokens, 96), g.Dequantized(DataType.Int4, 0, -1, 0, 1, 96, 70)]),
        ["int4 of an odd number, a scale for each output"] = (g, tokens) => g.Node("MatMul", [g.Input(1, tokens, 97), g.Dequantized(DataType.Int4, 0, 1, 0, 1, 97, 33)]),
        ["int4 in blocks"] = (g, tokens) => g.Node("MatMul", [g.Input(1, tokens, 96), g.Dequantized(DataType.Int4, 0, 0, 32, 1, 96, 70)]),
        ["uint4 in blocks, zero points"] = (g, tokens) => g.Node("MatMul", [g.Input(1, tokens, 96), g.Dequantized(DataType.Uint4, 7, 0, 16, 1, 96, 70)]),
        ["uint4 in blocks of rows, the last one short"] = (g, tokens) => g.Node("Gemm", [g.Input(tokens, 100), g.Dequantized(DataType.Uint4, 7, 1, 16, 0, 70, 100)], ("transB", 1)),
        ["int8 in blocks of outputs"] = (g, tokens) => g.Node("MatMul", [g.Input(1, tokens, 96), g.Dequantized(DataType.Int8, 0, 1, 16, 1, 96, 80)]),
        ["convolution of int8"] = (g, tokens) => g.Node("Conv", [g.Input(tokens, 16, 7, 5), g.Dequantized(DataType.Int8, 0, 0, 0, 0, 33, 16, 3, 3), g.Constant(33)], ("pads", new long[] { 1, 1, 1, 1 })),
        ["convolution of uint8 in groups, zero points"] = (g, tokens) => g.Node("Conv", [g.Input(tokens, 16, 7, 5), g.Dequantized(DataType.Uint8, 100, 0, 0, 0, 12, 8, 3, 3)], ("group", 2)),
        ["convolution of int4"] = (g, tokens) => g.Node("Conv", [g.Input(tokens, 16, 7, 5), g.Dequantized(DataType.Int4, 0, -1, 0, 0, 12, 16, 1, 1)]),
    };

    /// <summary>What is done to one that would be taken, so that it is not.</summary>
    private static readonly Dictionary<string, Action<NodeProto, TensorProto, TensorProto>> Spoils = new()
    {
        ["a scale that is no number"] = (_, scale, _) => scale.SetBytes(BitConverter.GetBytes(float.NaN).Concat(scale.Bytes()[4..].ToArray()).ToArray()),
        ["a scale without end"] = (_, scale, _) => scale.SetBytes(BitConverter.GetBytes(float.NegativeInfinity).Concat(scale.Bytes()[4..].ToArray()).ToArray()),
        ["one scale too few"] = (_, scale, _) => Shorten(scale, 4),
        ["one zero point too few"] = (_, _, zero) => Shorten(zero, 1),
        ["blocks that do not fit"] = (node, _, _) => node.Attribute.Add(new AttributeProto { Name = "block_size", Type = AttributeProto.Types.AttributeType.Int, I = 7 }),
        ["blocks of less than nothing"] = (node, _, _) => node.Attribute.Add(new AttributeProto { Name = "block_size", Type = AttributeProto.Types.AttributeType.Int, I = -32 }),
        ["an axis that is not there"] = (node, _, _) => node.Attribute.Single(attribute => attribute.Name == "axis").I = 5,
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    /// <returns>The name of what the graph of a case makes.</returns>
    internal static string Make(string name, Case graph, int tokens) => Cases[name](graph, tokens);

    public static TheoryData<string> Left => [.. Spoils.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Equals_the_weights_as_floats(string name)
    {
        foreach (var sparsity in Draw.Sparsities)
            foreach (var tokens in new[] { 1, 3, 20, 70 })
            {
                var graph = new Case(1, sparsity);
                var output = graph.Node("Relu", [Cases[name](graph, tokens)]);
                using var stock = new Run(graph.WithFloats(output), null);
                using var ours = new Run(graph.Model(output), Library.Device, 1, ("force", "1"));
                Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
                Assert.Contains("with DequantizeLinear", Assert.Single(ours.Report));
            }
    }

    [Theory, MemberData(nameof(SessionTests.Levels), MemberType = typeof(SessionTests))]
    public void Equals_the_weights_as_floats_on_each_level(string level)
    {
        foreach (var make in Cases.Values)
        {
            var graph = new Case(2, 0.85);
            var output = make(graph, 5);
            using var stock = new Run(graph.WithFloats(output), null);
            using var ours = new Run(graph.Model(output), Library.Images[level], 2, ("force", "1"));
            Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
        }
    }

    [Theory]
    [InlineData("int8, a scale for each output"), InlineData("int8, a scale for each input"), InlineData("convolution of int8"), InlineData("int4")]
    public void What_a_scale_makes_zero_is_none_of_the_nonzeros(string name)
    {
        var graph = new Case(3, 0.5) { HasZeroScale = true };
        var output = Cases[name](graph, 5);
        using var stock = new Run(graph.WithFloats(output), Library.Device, 1, ("force", "1"));
        using var ours = new Run(graph.Model(output), Library.Device, 1, ("force", "1"));
        Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
        Assert.Equal(Share(stock), Share(ours));

        static string Share(Run run) => Assert.Single(run.Report).Split('\t')[3].Split(" zeros")[0];
    }

    /// <summary>ONNX Runtime refuses some of these when it opens the file, and some when it runs.</summary>
    [Theory, MemberData(nameof(Left))]
    public void What_is_no_quantization_stays(string name)
    {
        var graph = new Case(1, 0.9);
        var model = graph.Model(graph.Node("MatMul", [graph.Input(1, 3, 32), graph.Dequantized(DataType.Int8, 3, 1, 0, 1, 32, 16)]));
        var node = model.Graph.Node.Single(node => node.OpType == "DequantizeLinear");
        var constants = model.Graph.Initializer.ToDictionary(tensor => tensor.Name);
        Spoils[name](node, constants[node.Input[1]], constants[node.Input[2]]);
        string[] report = [];
        try
        {
            using var ours = new Run(model, Library.Device, 1, ("force", "1"));
            report = ours.Report;
        }
        catch (Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
        {
            // it is not ours to judge
        }
        Assert.DoesNotContain(report, line => line.Contains("\tclaimed\t", StringComparison.Ordinal));
    }

    private static void Shorten(TensorProto tensor, int bytes)
    {
        tensor.SetBytes(tensor.Bytes()[..^bytes].ToArray());
        tensor.Dims[0]--;
    }
}
