using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>Weights that nodes lay out anew before they are multiplied by, as exporters leave them that fold no constants.</summary>
public sealed class LaidOutTests : IDisposable
{
    private readonly PackedFiles _files = new();

    private static readonly Dictionary<string, Func<Case, string>> Taken = new()
    {
        ["Transpose, MatMul"] = g => g.Node("MatMul", [g.Input(2, 9, 48), Turned(g, g.Weight(50, 48))]),
        ["Transpose, MatMul, bias, Relu"] = g => g.Node("Relu", [g.Node("Add", [g.Node("MatMul", [g.Input(2, 9, 48), Turned(g, g.Weight(50, 48))]), g.Constant(50)])]),
        ["Transpose by default, Gemm"] = g => g.Node("Gemm", [g.Input(9, 48), g.Node("Transpose", [g.Weight(50, 48)]), g.Constant(50)]),
        ["Transpose, Gemm that turns it again"] = g => g.Node("Gemm", [g.Input(9, 48), Turned(g, g.Weight(48, 50)), g.Constant(50)], ("transB", 1), ("alpha", 0.5f)),
        ["Transpose, FusedMatMul"] = g => g.Node("com.microsoft.FusedMatMul", [g.Input(2, 9, 48), Turned(g, g.Weight(48, 50))], ("transB", 1), ("alpha", 0.25f)),
        ["Transpose twice"] = g => g.Node("MatMul", [g.Input(2, 9, 48), Turned(g, Turned(g, g.Weight(48, 50)))]),
        ["Identity on both sides"] = g => g.Node("MatMul", [g.Input(2, 9, 48), g.Node("Identity", [Turned(g, g.Node("Identity", [g.Weight(50, 48)]))])]),
        ["heads side by side"] = g => g.Node("MatMul", [g.Input(2, 9, 48), Shaped(g, g.Weight(48, 5, 10), 48, 50)]),
        ["heads of inputs"] = g => g.Node("MatMul", [g.Input(2, 9, 48), Shaped(g, g.Weight(4, 12, 50), -1, 50)]),
        ["parted elsewhere"] = g => g.Node("MatMul", [g.Input(2, 9, 48), Shaped(g, g.Weight(32, 75), 48, 50)]),
        ["Reshape, Transpose"] = g => g.Node("MatMul", [g.Input(2, 9, 48), Turned(g, Shaped(g, g.Weight(50, 4, 12), 0, -1))]),
        ["Transpose of three axes, Reshape"] = g => g.Node("Gemm", [g.Input(9, 48), Shaped(g, Turned(g, g.Weight(4, 12, 50), 2, 0, 1), 50, 48)], ("transB", 1)),
        ["Flatten"] = g => g.Node("Gemm", [g.Input(9, 48), g.Node("Flatten", [g.Weight(50, 3, 4, 4)])], ("transB", 1)),
        ["Unsqueeze, Squeeze"] = g => g.Node("MatMul", [g.Input(2, 9, 48), g.Node("Squeeze", [g.Node("Unsqueeze", [g.Weight(48, 50), Whole(g, 0, -1)]), Whole(g, 0, 3)])]),
        ["Unsqueeze, Conv"] = g => g.Node("Conv", [g.Input(1, 24, 9, 9), g.Node("Unsqueeze", [g.Weight(40, 24), Whole(g, 2, 3)]), g.Constant(40)]),
        ["Transpose, Reshape, Conv"] = g => g.Node("Conv", [g.Input(1, 24, 9, 9), Shaped(g, Turned(g, g.Weight(24, 40)), 40, 24, 1, 1)]),
        ["Reshape, Conv 3x3 in groups"] = g => g.Node("Conv", [g.Input(1, 24, 9, 9), Shaped(g, g.Weight(12, 72), 12, 8, 3, 3)], ("group", 3), ("pads", new long[] { 1, 1, 1, 1 })),
        ["one weight of two products"] = g =>
        {
            var (x, w) = (g.Input(2, 9, 48), g.Weight(48, 48));
            return g.Node("MatMul", [g.Node("MatMul", [x, Turned(g, w)]), Turned(g, w)]);
        },
        ["a chain"] = g => g.Node("MatMul", [g.Node("Relu", [g.Node("MatMul", [g.Input(2, 9, 48), Turned(g, g.Weight(50, 48))])]), Turned(g, g.Weight(20, 50))]),
        ["one output"] = g => g.Node("MatMul", [g.Input(2, 9, 48), Turned(g, g.Weight(1, 48))]),
    };

    private static readonly Dictionary<string, Func<Case, string>> OfBytes = new()
    {
        ["int8 with a scale for each output, Transpose, MatMul"] = g => g.Node("MatMul", [g.Input(1, 9, 96), Turned(g, g.Dequantized(DataType.Int8, 0, 0, 0, 0, 70, 96))]),
        ["uint8 with zero points, Transpose, Gemm"] = g => g.Node("Gemm", [g.Input(9, 96), Turned(g, g.Dequantized(DataType.Uint8, 120, 0, 0, 0, 70, 96)), g.Constant(70)]),
        ["int8 with one scale, Transpose twice"] = g => g.Node("MatMul", [g.Input(1, 9, 96), Turned(g, Turned(g, g.Dequantized(DataType.Int8, 7, -1, 0, 1, 96, 70)))]),
        ["int8 in blocks, Transpose"] = g => g.Node("MatMul", [g.Input(1, 9, 96), Turned(g, g.Dequantized(DataType.Int8, 0, 1, 16, 0, 70, 96))]),
        ["int8 in blocks, one output"] = g => g.Node("MatMul", [g.Input(1, 60, 96), g.Dequantized(DataType.Int8, 0, 0, 16, 1, 96, 1)]),
        ["int8, Reshape, Conv"] = g => g.Node("Conv", [g.Input(1, 16, 7, 5), Shaped(g, g.Dequantized(DataType.Int8, 0, 0, 0, 0, 33, 144), 33, 16, 3, 3), g.Constant(33)]),
        ["uint8, Transpose, Reshape, Conv"] = g => g.Node("Conv", [g.Input(1, 16, 7, 5), Shaped(g, Turned(g, g.Dequantized(DataType.Uint8, 90, 1, 0, 1, 16, 33)), 33, 16, 1, 1)]),
    };

    private static readonly Dictionary<string, Func<Case, string>> Left = new()
    {
        ["an order of its own"] = g => g.Node("Conv", [g.Input(1, 16, 9, 9), Turned(g, g.Weight(3, 3, 16, 12), 3, 2, 0, 1)]),
        ["heads between"] = g => g.Node("MatMul", [g.Input(2, 9, 48), Shaped(g, Turned(g, g.Weight(4, 50, 12), 0, 2, 1), 48, 50)]),
        ["turned by halves"] = g => g.Node("MatMul", [g.Input(2, 9, 60), Shaped(g, Turned(g, g.Weight(48, 50)), 60, 40)]),
        ["several products of one that is turned"] = g =>
        {
            var (x, w) = (g.Input(2, 9, 48), Turned(g, g.Weight(48, 48)));
            return g.Node("MatMul", [g.Node("MatMul", [x, w]), w]);
        },
        ["of three axes"] = g => g.Node("MatMul", [g.Input(2, 9, 48), g.Node("Unsqueeze", [g.Weight(48, 50), Whole(g, 0)])]),
        ["a scale for each line of something else"] = g => g.Node("MatMul", [g.Input(1, 9, 96), Shaped(g, g.Dequantized(DataType.Int8, 0, 0, 0, 0, 48, 140), 96, 70)]),
    };

    public static TheoryData<string> Names => [.. Taken.Keys];

    public static TheoryData<string> NamesOfBytes => [.. OfBytes.Keys];

    public static TheoryData<string> NamesOfLeft => [.. Left.Keys];

    public void Dispose() => _files.Dispose();

    [Theory, MemberData(nameof(Names))]
    public void Are_packed_and_answer_as_the_ordinary_model_does(string name)
    {
        foreach (var sparsity in Draw.Sparsities)
            foreach (var optimized in new[] { true, false })
            {
                var graph = new Case(1, sparsity);
                var model = graph.OpenModel(Taken[name](graph));
                var (packed, weights) = _files.Packed(model);
                Assert.Equal(model.Graph.Initializer.Count(tensor => tensor.Dims.Count > 1), weights);
                using var stock = new Run(model, null);
                using var ours = new Run(packed, Library.Device, 2, optimized, ("threshold", "1"));
                Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
                Assert.True(ours.Report.Count(line => line.Contains("\tclaimed\t", StringComparison.Ordinal) && line.Contains("com.secateur.SparseWeight", StringComparison.Ordinal)) >= weights, string.Join('\n', ours.Report));
                Assert.Equal(model.ToByteArray(), _files.Unpacked(packed).ToByteArray());
            }
    }

    /// <summary>Those that are not packed are taken too: ONNX Runtime folds no DequantizeLinear.</summary>
    [Theory, MemberData(nameof(NamesOfBytes))]
    public void Those_of_bytes_answer_as_the_ordinary_model_does(string name)
    {
        foreach (var sparsity in Draw.Sparsities)
            foreach (var optimized in new[] { true, false })
            {
                var graph = new Case(2, sparsity);
                var output = graph.Node("Relu", [OfBytes[name](graph)]);
                var model = graph.Model(output);
                var (packed, weights) = _files.Packed(model);
                Assert.Equal(1, weights);
                using var stock = new Run(graph.WithFloats(output), null);
                using var dense = new Run(model, Library.Device, 2, optimized, ("force", "1"));
                using var ours = new Run(packed, Library.Device, 2, optimized, ("threshold", "1"));
                var answers = ours.Of(graph.Inputs);
                Assert.Equal(dense.Of(graph.Inputs).Select(output => output.Values), answers.Select(output => output.Values));
                Law.Equal(stock.Of(graph.Inputs), answers);
                Assert.Contains("DequantizeLinear", Assert.Single(ours.Report, line => line.Contains("with com.secateur.SparseWeight", StringComparison.Ordinal)));
                Assert.Contains("\tclaimed\t", Assert.Single(dense.Report));
                Assert.Equal(model.ToByteArray(), _files.Unpacked(packed).ToByteArray());
            }
    }

    /// <summary>And before DequantizeLinear, or where bytes themselves are multiplied.</summary>
    [Fact]
    public void Bytes_that_are_laid_out_anew_are_packed()
    {
        int[] zeros = [.. Enumerable.Range(90, 32)];
        foreach (var make in new Func<Case, string>[]
            {
                g => g.Node("MatMulInteger", [g.ByteInput(false, 5, 64), Turned(g, g.Integers(true, 0, zeros, 32, 64)), g.Zeros(false, 8), g.Zeros(true, zeros)]),
                g => g.Node("ConvInteger", [g.ByteInput(false, 1, 8, 9, 9), Shaped(g, g.Integers(true, 0, [0], 32, 72), 32, 8, 3, 3), g.Zeros(false, 8)]),
                g => g.Node("QLinearMatMul", [g.ByteInput(false, 5, 64), g.Scalar(0.01f), g.Zeros(false, 8), Turned(g, g.Integers(true, 0, zeros, 32, 64)), g.Scales(32), g.Zeros(true, zeros), g.Scalar(0.1f), g.Zeros(false, 99)]),
                g => g.Node("MatMul", [g.Input(5, 64), g.Node("DequantizeLinear", [Turned(g, g.Integers(true, 0, zeros, 32, 64)), g.Scales(32), g.Zeros(true, zeros)], ("axis", 1))]),
                g => g.Node("Gemm", [g.Input(5, 64), Turned(g, g.Node("DequantizeLinear", [Turned(g, g.Integers(true, 0, zeros, 32, 64)), g.Scales(32), g.Zeros(true, zeros)], ("axis", 1)))], ("transB", 1)),
            })
        {
            var graph = new Case(3, 0.9);
            var model = graph.Model(make(graph));
            var (packed, weights) = _files.Packed(model);
            Assert.Equal(1, weights);
            using var stock = new Run(model, null, 1, false);
            using var ours = new Run(packed, Library.Device);
            Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
            Assert.Contains("\tclaimed\t", Assert.Single(ours.Report, line => line.Contains("com.secateur.SparseWeight", StringComparison.Ordinal)));
            Assert.Equal(model.ToByteArray(), _files.Unpacked(packed).ToByteArray());
        }
    }

    /// <summary>Bytes without a zero point are unsigned where nobody says otherwise: what is negative becomes 0.</summary>
    [Fact]
    public void What_is_quantized_anew_stays()
    {
        var graph = new Case(6, 0.9);
        var floats = graph.Node("DequantizeLinear", [graph.Integers(true, 0, [0], 32, 64), graph.Constant(TensorData.Of("scale", [0.01f]))]);
        var again = graph.Node("DequantizeLinear", [graph.Node("QuantizeLinear", [Turned(graph, floats), "scale"]), "scale"]);
        var model = graph.Model(graph.Node("MatMul", [graph.Input(5, 64), again]));
        Assert.Equal(0, _files.Packed(model).Weights);
        foreach (var optimized in new[] { true, false })
        {
            using var stock = new Run(model, null, 1, false);
            using var ours = new Run(model, Library.Device, 1, optimized, ("force", "1"));
            Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
        }
    }

    [Theory, MemberData(nameof(NamesOfLeft))]
    public void What_is_more_than_turned_stays_and_answers_as_before(string name)
    {
        var graph = new Case(4, 0.9);
        var model = graph.Model(Left[name](graph));
        var (packed, weights) = _files.Packed(model);
        Assert.Equal((0, model), (weights, packed));
        using var stock = new Run(model, null);
        using var ours = new Run(model, Library.Device, 1, ("force", "1"));
        Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
    }

    /// <summary>The floats are made as they lie in the model, and turned by ONNX Runtime.</summary>
    [Fact]
    public void What_the_provider_does_not_take_runs_all_the_same()
    {
        foreach (var make in Taken.Values.Take(5))
        {
            var graph = new Case(5, 0.9);
            var model = graph.OpenModel(make(graph));
            var (packed, _) = _files.Packed(model);
            foreach (var one in new[] { model, packed })
            {
                var product = one.Graph.Node.Single(node => node.OpType is "MatMul" or "Gemm" or "FusedMatMul");
                one.Graph.Node.Insert(one.Graph.Node.IndexOf(product), SmallGraphs.Node("Neg", [product.Input[1]], ["minus"])); // what lies between goes elsewhere too
                one.Graph.Output.Add(new ValueInfoProto { Name = "minus" });
            }
            using var stock = new Run(model, null);
            using var ours = new Run(packed, Library.Device);
            for (var time = 0; time < 2; time++) Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
            Assert.DoesNotContain(ours.Report, line => line.Contains("\tclaimed\t", StringComparison.Ordinal));
        }
    }

    private static string Turned(Case graph, string value, params long[] permutation) => graph.Node("Transpose", [value], ("perm", permutation is [] ? [1, 0] : permutation));

    private static string Shaped(Case graph, string value, params long[] shape) => graph.Node("Reshape", [value, Whole(graph, shape)]);

    private static string Whole(Case graph, params long[] values) => graph.Constant(TensorData.Of($"whole{string.Join('_', values)}", (ReadOnlySpan<long>)values, values.Length));
}
