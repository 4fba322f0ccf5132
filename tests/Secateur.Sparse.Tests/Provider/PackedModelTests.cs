using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Secateur.Onnx;
using Secateur.Onnx.Packing;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>Models whose weights are packed for the provider.</summary>
public sealed class PackedModelTests : IDisposable
{
    private readonly PackedFiles _files = new();

    public static TheoryData<string> Names => ProviderTests.Names;

    public void Dispose() => _files.Dispose();

    [Theory, MemberData(nameof(Names))]
    public void Answers_as_the_ordinary_model_does(string name)
    {
        foreach (var sparsity in Draw.Sparsities)
            foreach (var open in new[] { false, true })
            {
                var graph = new Case(1, sparsity);
                var output = Cases.All[name].Make(graph);
                var model = open ? graph.OpenModel(output) : graph.Model(output);
                var (packed, weights) = _files.Packed(model);
                using var stock = new Run(model, null);
                using var ours = new Run(packed, Library.Device, 2, open ? [] : [("threshold", "1")]); // what is packed is taken whatever is asked
                Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
                Assert.True(ours.Report.Count(line => line.Contains("\tclaimed\t", StringComparison.Ordinal)) >= weights, string.Join('\n', ours.Report));
                Assert.Equal(model, _files.Unpacked(packed));
            }
    }

    public static TheoryData<string> OfIntegers => IntegerTests.Names;

    public static TheoryData<string> OfBytes => QuantizedWeightTests.Names;

    /// <summary>And as ONNX Runtime itself does.</summary>
    [Theory, MemberData(nameof(OfIntegers))]
    public void Products_of_integers_answer_as_the_ordinary_model_does(string name)
    {
        foreach (var sparsity in Draw.Sparsities)
        {
            var graph = new Case(31, sparsity);
            var model = graph.OpenModel(IntegerTests.Make(name, graph));
            var (packed, weights) = _files.Packed(model);
            Assert.True(weights > 0);
            using var stock = new Run(model, null);
            using var dense = new Run(model, Library.Device, 2, ("force", "1"));
            using var ours = new Run(packed, Library.Device, 2, ("threshold", "1"));
            var answers = ours.Of(graph.Inputs);
            Assert.Equal(dense.Of(graph.Inputs).Select(output => output.Values), answers.Select(output => output.Values));
            Law.Equal(stock.Of(graph.Inputs), answers);
            Assert.Equal(weights, ours.Report.Count(line => line.Contains("\tclaimed\t", StringComparison.Ordinal) && line.Contains("com.secateur.SparseWeight", StringComparison.Ordinal)));
            Assert.Equal(model, _files.Unpacked(packed));
        }
    }

    [Theory, MemberData(nameof(OfBytes))]
    public void Weights_of_bytes_answer_as_the_ordinary_model_does(string name)
    {
        foreach (var sparsity in Draw.Sparsities)
            foreach (var tokens in new[] { 1, 20 })
            {
                var graph = new Case(32, sparsity);
                var output = graph.Node("Relu", [QuantizedWeightTests.Make(name, graph, tokens)]);
                var model = graph.Model(output);
                var (packed, weights) = _files.Packed(model);
                var isHalf = name.Contains("int4", StringComparison.Ordinal);
                Assert.Equal(isHalf ? 0 : 1, weights);
                if (isHalf) continue; // half bytes stay
                using var stock = new Run(graph.WithFloats(output), null);
                using var dense = new Run(model, Library.Device, 2, ("force", "1"));
                using var ours = new Run(packed, Library.Device, 2);
                var answers = ours.Of(graph.Inputs);
                Assert.Equal(dense.Of(graph.Inputs).Select(output => output.Values), answers.Select(output => output.Values));
                Law.Equal(stock.Of(graph.Inputs), answers);
                Assert.Contains("DequantizeLinear", Assert.Single(ours.Report, line => line.Contains("with com.secateur.SparseWeight", StringComparison.Ordinal)));
                Assert.Equal(model, _files.Unpacked(packed));
            }
    }

    /// <summary>As some exporters write all of them; in the old format too, where initializers are inputs.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Weights_in_Constant_nodes_are_packed_as_initializers_are(string name)
    {
        var graph = new Case(2, 0.9);
        var model = graph.Model(Cases.All[name].Make(graph));
        var (packed, weights) = _files.Packed(model);
        foreach (var version in new[] { 3, 8 })
        {
            var held = Held(model, version);
            var (packedHeld, weightsHeld) = _files.Packed(held);
            Assert.Equal(weights, weightsHeld);
            Assert.InRange(packedHeld.CalculateSize() - packed.CalculateSize(), 0, 80 * model.Graph.Initializer.Count);
            Law.Holds(packedHeld, model, [graph.Inputs]);
            Assert.Equal(held.ToByteArray(), _files.Unpacked(packedHeld).ToByteArray());
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Initializers_that_are_inputs_in_the_old_format_are_packed(string name)
    {
        var graph = new Case(3, 0.9);
        var model = graph.Model(Cases.All[name].Make(graph));
        var (_, weights) = _files.Packed(model);
        model.IrVersion = 3;
        model.Graph.Input.Add(model.Graph.Initializer.Select(SmallGraphs.Describe));
        var (packed, weightsInOld) = _files.Packed(model);
        Assert.Equal(weights, weightsInOld);
        Law.Holds(packed, model, [graph.Inputs]);
        Assert.Equal(model.ToByteArray(), _files.Unpacked(packed).ToByteArray());
    }

    [Fact]
    public void One_weight_of_a_Constant_node_may_serve_many_nodes()
    {
        var graph = new Case(12, 0.9);
        var (x, w) = (graph.Input(2, 7, 40), graph.Weight(40, 40));
        var model = Held(graph.OpenModel(graph.Node("MatMul", [graph.Node("Tanh", [graph.Node("MatMul", [x, w])]), w]), graph.Node("MatMul", [x, w])), 8);
        var (packed, weights) = _files.Packed(model);
        Assert.Equal(1, weights);
        Assert.Equal(["Constant", "SparseWeight", "SparseWeight", "SparseWeight", "MatMul"], packed.Graph.Node.Take(5).Select(node => node.OpType));
        Assert.Equal(3, Law.Holds(packed, model, [graph.Inputs]).Length);
        Assert.Equal(model.ToByteArray(), _files.Unpacked(packed).ToByteArray());
    }

    [Fact]
    public void One_weight_may_serve_many_nodes()
    {
        var graph = new Case(6, 0.9);
        var (x, w) = (graph.Input(2, 7, 40), graph.Weight(40, 40));
        var model = graph.OpenModel(graph.Node("MatMul", [graph.Node("Tanh", [graph.Node("MatMul", [x, w])]), w]), graph.Node("MatMul", [x, w]));
        var (packed, weights) = _files.Packed(model);
        Assert.Equal(1, weights);
        Assert.Equal(3, packed.Graph.Node.Count(node => node.OpType == "SparseWeight"));
        Assert.Equal(3, Law.Holds(packed, model, [graph.Inputs]).Length);
        Assert.Equal(model, _files.Unpacked(packed));
    }

    /// <summary>Which ONNX Runtime would have put into the weights, were they dense.</summary>
    [Fact]
    public void A_normalization_behind_a_convolution_is_part_of_it()
    {
        var graph = new Case(5, 0.9);
        var convolution = graph.Node("Conv", [graph.Input(2, 16, 9, 9), graph.Weight(12, 8, 3, 3), graph.Constant(12)], ("group", 2));
        var normal = graph.Node("BatchNormalization", [convolution, graph.Constant(12), graph.Constant(12), graph.Constant(12), graph.Constant(TensorData.Of("variance", [.. Enumerable.Range(1, 12).Select(i => i / 7f)], 12))], ("epsilon", 0.01f));
        var model = graph.Model(graph.Node("Relu", [graph.Node("Add", [normal, graph.Input(2, 12, 7, 7)])]));
        Assert.EndsWith(" with com.secateur.SparseWeight, BatchNormalization, Add, Relu", Assert.Single(Law.Holds(_files.Packed(model).Model, model, [graph.Inputs])));
    }

    [Fact]
    public void What_the_provider_does_not_take_runs_all_the_same()
    {
        var graph = new Case(7, 0.9);
        var (packed, _) = _files.Packed(graph.OpenModel(graph.Node("MatMul", [graph.Input(2, 7, 40), graph.Weight(40, 50)])));
        var weight = _files.Unpacked(packed).Graph.Initializer.Single().ToArray<float>();
        var node = packed.Graph.Node.Single(node => node.OpType == "MatMul");
        node.OpType = "Add"; // which it could not claim
        (node.Input[0], node.Input[1]) = (node.Input[1], node.Input[1]);
        using var run = new Run(packed, Library.Device);
        for (var time = 0; time < 3; time++) Assert.Equal(weight.Select(value => 2 * value), run.Of(graph.Inputs)[0].Values);
    }

    /// <summary>It is made dense, and ONNX Runtime multiplies by it.</summary>
    [Fact]
    public void Bytes_that_the_provider_does_not_take_run_all_the_same()
    {
        foreach (var signed in new[] { false, true })
        {
            var graph = new Case(13, 0.9);
            var made = graph.Node("MatMulInteger", [graph.ByteInput(false, 5, 64), graph.Integers(signed, 1, [.. Enumerable.Range(90, 31)], 64, 31), graph.Zeros(false, 8), graph.Zeros(signed, [.. Enumerable.Range(90, 31)])]);
            var model = graph.Model(made);
            var (packed, weights) = _files.Packed(model);
            Assert.Equal(1, weights);
            var zeros = packed.Graph.Initializer.Single(tensor => tensor.Dims is [31]);
            zeros.SetBytes([.. zeros.Bytes().ToArray().Select(zero => (byte)(zero - 1))]); // others than those that it is packed with
            model.Graph.Initializer.Single(tensor => tensor.Name == zeros.Name).SetBytes(zeros.Bytes());
            using var stock = new Run(model, null);
            using var ours = new Run(packed, Library.Device);
            for (var time = 0; time < 2; time++) Assert.Equal(stock.Of(graph.Inputs)[0].Values, ours.Of(graph.Inputs)[0].Values);
            Assert.EndsWith("\tleft\tits weight is packed with other zero points", Assert.Single(ours.Report));
        }
    }

    /// <summary>Its scale is not that of the sums, which nobody looks at who packs it.</summary>
    [Fact]
    public void A_bias_of_another_scale_leaves_its_node_to_ONNX_Runtime()
    {
        var graph = new Case(14, 0.9);
        var x = graph.Node("DequantizeLinear", [graph.ByteInput(false, 1, 16, 9, 9), graph.Scalar(0.01f), graph.Zeros(false, 113)]);
        var w = graph.Node("DequantizeLinear", [graph.Integers(true, 0, [0], 24, 16, 3, 3), graph.Scalar(0.004f), graph.Zeros(true, 0)]);
        var bias = graph.Node("DequantizeLinear", [graph.WholeBias(24), graph.Scalar(0.00007f)]);
        var model = graph.Model(graph.Node("QuantizeLinear", [graph.Node("Conv", [x, w, bias]), graph.Scalar(0.05f), graph.Zeros(false, 120)]));
        var (packed, weights) = _files.Packed(model);
        Assert.Equal(1, weights);
        using var stock = new Run(model, null);
        using var ours = new Run(packed, Library.Device);
        Assert.Equal(stock.Of(graph.Inputs)[0].Values, ours.Of(graph.Inputs)[0].Values);
        Assert.Contains("\tleft\t", Assert.Single(ours.Report));
        Assert.Equal(model, _files.Unpacked(packed));
    }

    [Fact]
    public void Every_bit_of_a_weight_comes_back()
    {
        var graph = new Case(8, 0.9);
        var values = new float[60 * 40];
        foreach (var (at, bits) in new[] { 0x80000000u, 1u, 0x7FC12345u, 0xFF800000u, 0x3F800000u }.Index()) values[at * 400 + 17] = BitConverter.UInt32BitsToSingle(bits);
        var model = graph.Model(graph.Node("MatMul", [graph.Input(3, 60), graph.Constant(TensorData.Of("weight", values, 60, 40))]));
        var (packed, _) = _files.Packed(model);
        Assert.Equal(5, CompactEntries(packed));
        Assert.Equal(model.ToByteArray(), _files.Unpacked(packed).ToByteArray());
    }

    public static TheoryData<int> Bytes => [.. Enumerable.Range(0, 32).Concat([32, 33, 35, 36, 40, 187, 188, 191, 300, 1000, -200, -3, -1])];

    /// <summary>Its sum is wrong; and where that is made right, either the bytes are refused or what they say is still a matrix of that shape.</summary>
    [Theory, MemberData(nameof(Bytes))]
    public void Damaged_bytes_are_refused_in_a_line(int at)
    {
        var graph = new Case(9, 0.9);
        Damage(_files.Packed(graph.OpenModel(graph.Node("MatMul", [graph.Input(2, 48), graph.Weight(48, 38)]))).Model, graph, at);
        graph = new Case(9, 0.9);
        Damage(_files.Packed(graph.OpenModel(graph.Node("MatMul", [graph.Input(2, 48), graph.Node("Transpose", [graph.Weight(38, 48)])]))).Model, graph, at);
        graph = new Case(9, 0.9);
        int[] zeros = [.. Enumerable.Range(100, 38)];
        Damage(_files.Packed(graph.OpenModel(graph.Node("MatMulInteger", [graph.ByteInput(true, 2, 240), graph.Integers(false, 1, zeros, 240, 38), graph.Zeros(true, 0), graph.Zeros(false, zeros)]))).Model, graph, at);
    }

    private void Damage(ModelProto packed, Case graph, int at)
    {
        var whole = packed.Graph.Initializer[0].RawData.ToByteArray();
        foreach (var mask in new byte[] { 1, 0x80, 0xFF })
            foreach (var mended in new[] { false, true })
            {
                var bytes = (byte[])whole.Clone();
                bytes[at < 0 ? bytes.Length + at : Math.Min(at, bytes.Length - 1)] ^= mask;
                if (mended) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Sum(bytes.AsSpan(12)));
                packed.Graph.Initializer[0].RawData = ByteString.CopyFrom(bytes);
                try
                {
                    using var run = new Run(packed, Library.Device);
                    Assert.True(mended);
                    Assert.Equal([2, 38], run.Of(graph.Inputs)[0].Shape);
                    _files.Unpacked(packed);
                }
                catch (OnnxRuntimeException refused)
                {
                    Assert.Matches("its weight (is damaged|holds no packed weight|is packed in version [0-9]+, and this Secateur reads 1 and 2|is of another (shape|type) than the node's); pack the model again", refused.Message);
                    Assert.Matches("packed.onnx: node '.*': its packed weight .*; pack the model again", Assert.Throws<SecateurException>(() => _files.Unpacked(packed)).Message);
                }
            }
    }

    [Fact]
    public void Cut_bytes_are_refused()
    {
        var graph = new Case(10, 0.9);
        Cut(_files.Packed(graph.OpenModel(graph.Node("MatMul", [graph.Input(2, 48), graph.Weight(48, 38)]))).Model);
        Cut(_files.Packed(graph.OpenModel(graph.Node("MatMulInteger", [graph.ByteInput(true, 2, 48), graph.Integers(false, 1, [0], 48, 38)]))).Model);
    }

    private void Cut(ModelProto packed)
    {
        var whole = packed.Graph.Initializer[0].RawData;
        foreach (var length in new[] { 0, 1, 31, 32, 33, 36, 100, whole.Length - 1, whole.Length + 1 })
        {
            packed.Graph.Initializer[0].RawData = ByteString.CopyFrom([.. whole.ToByteArray().Concat(new byte[9]).Take(length)]);
            packed.Graph.Initializer[0].Dims[0] = length;
            Assert.Contains("its weight ", Assert.Throws<OnnxRuntimeException>(() => new Run(packed, Library.Device)).Message);
            Assert.Throws<SecateurException>(() => _files.Unpacked(packed));
        }
    }

    [Fact]
    public void Without_the_provider_it_is_no_model()
    {
        var graph = new Case(11, 0.9);
        var (packed, _) = _files.Packed(graph.Model(graph.Node("MatMul", [graph.Input(2, 48), graph.Weight(48, 38)])));
        Assert.Contains("com.secateur", Assert.Throws<OnnxRuntimeException>(() => new Run(packed, null)).Message);
    }

    /// <summary>With all initializers in Constant nodes, numbers of one axis or none as numbers.</summary>
    private static ModelProto Held(ModelProto model, int version)
    {
        var held = model.Clone();
        held.IrVersion = version;
        foreach (var (index, tensor) in held.Graph.Initializer.Index())
            held.Graph.Node.Insert(index, SmallGraphs.Node("Constant", [], [tensor.Name], (tensor.Type(), tensor.Dims.Count) switch
            {
                (DataType.Float, 0) => ("value_float", tensor.ToArray<float>()[0]),
                (DataType.Float, 1) => ("value_floats", tensor.ToArray<float>()),
                _ => ("value", (object)tensor),
            }));
        held.Graph.Initializer.Clear();
        return held;
    }

    private static long CompactEntries(ModelProto packed) => SparseWeightBytes.Look(packed.Graph.Initializer[0].RawData.Span).Entries;

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var one in bytes) sum = BitOperations.Crc32C(sum, one);
        return ~sum;
    }
}
