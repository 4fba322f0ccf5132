using Google.Protobuf;
using Secateur.Onnx.Packing;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Tests.Packing;

/// <summary>Weights packed for the provider; that their answers are the same is told by the provider's own tests.</summary>
public sealed class ProviderModelTests : IDisposable
{
    private const int Size = 48;

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Wrong => [.. Wrongs.Keys];

    private static TensorProto X => TensorData.Of("x", new float[Size], 1, Size);

    private static readonly Dictionary<string, Action<ModelProto>> Wrongs = new()
    {
        ["no attribute of the shape"] = model => model.Graph.Node[0].Attribute.RemoveAt(0),
        ["no attribute of the name"] = model => model.Graph.Node[0].Attribute.RemoveAt(1),
        ["another shape"] = model => model.Graph.Node[0].Attribute[0].Ints[0]++,
        ["a shape that overflows"] = model => (model.Graph.Node[0].Attribute[0].Ints[0], model.Graph.Node[0].Attribute[0].Ints[1]) = (long.MaxValue, long.MinValue),
        ["a shape of nothing"] = model => model.Graph.Node[0].Attribute[0].Ints.Clear(),
        ["no input"] = model => model.Graph.Node[0].Input.Clear(),
        ["bytes that are nowhere"] = model => model.Graph.Initializer.Clear(),
        ["bytes of another type"] = model => model.Graph.Initializer[0].DataType = (int)DataType.Float,
        ["fewer bytes than told"] = model => model.Graph.Initializer[0].Dims[0]++,
        ["no bytes"] = model => model.Graph.Initializer[0].RawData = ByteString.Empty,
        ["elements of another type"] = model => model.Graph.Node[0].OpType = "SparseWeightInt8",
        ["the same floats twice"] = model => model.Graph.Node.Insert(0, model.Graph.Node[0].Clone()),
    };

    public void Dispose() => folder.Dispose();

    [Theory, MemberData(nameof(Wrong))]
    public void A_node_that_is_not_as_it_was_written_is_refused(string wrong)
    {
        var model = Packed(SmallGraphs.Of(17, [SmallGraphs.Node("MatMul", ["x", "w"], ["y"])], [X], [Weight("w", Size, 32)], ["y"]).Proto, 1);
        Wrongs[wrong](model);
        var path = folder.With("wrong.onnx", model);
        Assert.Matches($"^{path}: node 'w.floats': its packed weight .*; pack the model again$", Assert.Throws<SecateurException>(() => OnnxModel.Load(path)).Message);
        Assert.Throws<SecateurException>(() => ProviderModel.Unpack(path, folder.File("back.onnx")));
        Assert.DoesNotContain("back.onnx", folder.Entries);
    }

    [Fact]
    public void What_else_reads_a_weight_leaves_it_dense_and_is_told()
    {
        NodeProto product = SmallGraphs.Node("MatMul", ["x", "w"], ["p"]);
        foreach (var (objection, output, others) in new (string?, string, NodeProto[])[]
            {
                (null, "y", [SmallGraphs.Node("Abs", ["p"], ["y"])]),
                (null, "y", [SmallGraphs.Node("MatMul", ["p", "w"], ["y"])]),
                ("is read by MatMul 'matmul', in a way that the provider does not take", "y", [SmallGraphs.Node("MatMul", ["w", "w"], ["y"])]),
                ("is read by Add 'add', in a way that the provider does not take", "y", [SmallGraphs.Node("Add", ["p", "w"], ["y"])]),
                ("is read turned by one node and not by another", "y", [SmallGraphs.Node("Gemm", ["p", "w"], ["y"], ("transB", 1))]),
                ("is read by Abs 'abs', in a way that the provider does not take", "y", [SmallGraphs.Node("Abs", ["p"], ["y"]), SmallGraphs.Node("Loop", ["", "", "p"], ["z"], ("body", Body("Abs", "w", "inner")))]),
                (null, "y", [SmallGraphs.Node("Abs", ["p"], ["y"]), SmallGraphs.Node("Loop", ["", "", "p"], ["z"], ("body", Hiding("w")))]),
                ("leaves a graph inside a node", "y", [SmallGraphs.Node("Abs", ["p"], ["y"]), SmallGraphs.Node("Loop", ["", "", "p"], ["z"], ("body", Body("Abs", "p", "w")))]),
                ("is read by MatMul 'matmul', in a way that the provider does not take", "y", [Holder(TensorData.Of("c", new float[Size], 1, Size)), SmallGraphs.Node("Abs", ["c"], ["a"]), SmallGraphs.Node("MatMul", ["a", "w"], ["y"])]),
                ("leaves the graph", "w", [SmallGraphs.Node("Abs", ["p"], ["y"])]),
            })
            foreach (var isHeld in new[] { false, true })
            {
                var model = new ModelProto { IrVersion = 8, Graph = SmallGraphs.Graph([.. isHeld ? [Holder(Weight("w", Size, Size))] : Array.Empty<NodeProto>(), product, .. others], [X], isHeld ? [] : [Weight("w", Size, Size)], [new() { Name = output }]) };
                var (_, tensors, left) = ProviderModel.Pack(folder.With("dense.onnx", model), folder.File("packed.onnx"), CancellationToken.None);
                Assert.Equal(objection is null ? ["w"] : [], tensors.Select(tensor => tensor.Name));
                Assert.Equal(objection is null ? [] : [("w", objection)], left.Select(weight => (weight.Name, weight.Objection)));
                Assert.Equal(objection is null, ProviderModel.Is(folder.File("packed.onnx")));
            }
    }

    /// <summary>No file makes them so that ONNX Runtime opens; none may end in anything but a weight that stays.</summary>
    [Fact]
    public void Nodes_that_lay_out_nothing_that_there_is_leave_a_weight_dense()
    {
        foreach (var node in new[]
            {
                SmallGraphs.Node("Transpose", ["w"], ["t"], ("perm", new long[] { 0, 0 })),
                SmallGraphs.Node("Transpose", ["w"], ["t"], ("perm", new long[] { 1, 0, 2 })),
                SmallGraphs.Node("Transpose", ["w"], ["t"], ("perm", new long[] { -1, long.MaxValue })),
                SmallGraphs.Node("Transpose", ["w"], ["w"]),
                SmallGraphs.Node("Transpose", ["w", "w"], ["t"]),
                SmallGraphs.Node("Flatten", ["w"], ["t"], ("axis", long.MinValue)),
                SmallGraphs.Node("Squeeze", ["w"], ["t"], ("axes", new long[] { 0 })),
                SmallGraphs.Node("Unsqueeze", ["w"], ["t"], ("axes", new long[] { 0, 0 })),
                SmallGraphs.Node("Unsqueeze", ["w"], ["t"], ("axes", new long[] { long.MaxValue })),
                Reshaped(Size, Size + 1), Reshaped(-1, -1), Reshaped(0, 0, 0), Reshaped(-7, Size), Reshaped(-1, 0, 0, 0), Reshaped(long.MaxValue, 2), Reshaped(-1, long.MaxValue, long.MaxValue), Reshaped(-1, 7),
            })
        {
            node.Name = "layout";
            var shape = node.OpType == "Reshape" ? new[] { TensorData.Of("s", (ReadOnlySpan<long>)[.. node.Attribute[0].Ints], node.Attribute[0].Ints.Count) } : [];
            if (shape.Length > 0) node.Attribute.Clear();
            var graph = SmallGraphs.Graph([node, SmallGraphs.Node("MatMul", ["x", "t"], ["y"])], [X], [Weight("w", Size, Size), .. shape], [new() { Name = "y" }]);
            var (_, tensors, left) = ProviderModel.Pack(folder.With("dense.onnx", new ModelProto { IrVersion = 8, Graph = graph }), folder.File("packed.onnx"), CancellationToken.None);
            Assert.Empty(tensors);
            Assert.Equal($"is read by {node.OpType} 'layout', in a way that the provider does not take", Assert.Single(left).Objection);
        }

        static NodeProto Reshaped(params long[] shape) => SmallGraphs.Node("Reshape", ["w", "s"], ["t"], ("shape", shape));
    }

    [Fact]
    public void What_is_left_dense_is_told_with_its_zeros()
    {
        var half = new TensorProto { Name = "half", DataType = (int)DataType.Float16, RawData = ByteString.CopyFrom(new byte[2 * Size * Size]) };
        half.Dims.Add([Size, Size]);
        var deep = TensorData.Of("deep", new float[600 * 3], 600, 1, 3);
        var graph = SmallGraphs.Graph([.. new[] { "w", "half", "given", "sparse" }.Select(name => SmallGraphs.Node("MatMul", ["x", name], [$"y.{name}"])), SmallGraphs.Node("Conv", ["x", "deep"], ["y"], ("group", 600))],
            [X, Weight("given", Size, Size)], [Weight("w", Size, 40), half, Weight("given", Size, Size), Weight("sparse", Size, 50), deep, Weight("small", 32, 31)], []);
        var (_, tensors, left) = ProviderModel.Pack(folder.With("dense.onnx", new ModelProto { IrVersion = 8, Graph = graph }), folder.File("packed.onnx"), CancellationToken.None, 0.95);
        Assert.Empty(tensors);
        Assert.Equal([("w", 0.9, null), ("half", 1, "is Float16, and Float, Int8 and Uint8 alone are packed"), ("given", 0.9, "is an input, which a caller may replace"), ("sparse", 0.9, null), ("deep", 1, "is read by Conv 'conv', which is depthwise")],
            left.Select(weight => (weight.Name, Math.Round(weight.Zeros, 2), weight.Objection)));
    }

    [Fact]
    public void Names_that_are_taken_anywhere_are_not_given_again()
    {
        var inner = Body("Abs", "p", "w.floats_");
        inner.Node[0].Output[0] = "w.floats_";
        var graph = SmallGraphs.Graph([Holder(Weight("w", Size, Size)), SmallGraphs.Node("MatMul", ["x", "w"], ["p"]), SmallGraphs.Node("Loop", ["", "", "p"], ["w.floats"], ("body", inner))],
            [X, TensorData.Of("w.packed", new float[1], 1)], [Weight("w.packed_", 2, 2)], [new() { Name = "p" }]);
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        var node = Packed(model, 1).Graph.Node[1];
        Assert.Equal(("SparseWeight", "w.packed__", "w.floats__"), (node.OpType, node.Input.Single(), node.Output.Single()));
        ProviderModel.Unpack(folder.File("packed.onnx"), folder.File("back.onnx"));
        Assert.Equal(model.ToByteArray(), File.ReadAllBytes(folder.File("back.onnx")));
    }

    /// <summary>What is left out of one is its zero point, and the file has two bytes for each other element.</summary>
    [Fact]
    public void Weights_of_bytes_are_packed_where_the_provider_takes_them()
    {
        const int Outputs = 32;
        byte[] each = [.. Enumerable.Range(0, Outputs).Select(i => (byte)(100 + i))], none = [.. each.Select(_ => (byte)0)];
        NodeProto dequantize = SmallGraphs.Node("DequantizeLinear", ["q", "s", "z"], ["w"]), product = SmallGraphs.Node("MatMul", ["x", "w"], ["y"]);
        NodeProto pair = SmallGraphs.Node("DequantizeLinear", ["b", "one"], ["x1"]);
        const string Taken = "in a way that the provider does not take";
        foreach (var (objection, zeros, nodes) in new (string?, byte[], NodeProto[])[]
            {
                (null, [7], [dequantize, product]),
                (null, each, [dequantize, product]),
                (null, each, [SmallGraphs.Node("MatMulInteger", ["b", "q", "", "z"], ["y"])]),
                (null, [7], [pair, dequantize, SmallGraphs.Node("MatMul", ["x1", "w"], ["y"])]),
                (null, each, [SmallGraphs.Node("MatMulInteger", ["b", "q", "", "z"], ["y"]), SmallGraphs.Node("MatMulInteger", ["b", "q", "one_byte", "z"], ["y1"])]),
                (null, none, [SmallGraphs.Node("MatMulInteger", ["b", "q"], ["y"])]),
                ($"is read by MatMulInteger 'matmulinteger', {Taken}", each[1..], [SmallGraphs.Node("MatMulInteger", ["b", "q", "", "z"], ["y"])]),
                ($"is read by MatMulInteger 'matmulinteger', {Taken}", each, [SmallGraphs.Node("MatMulInteger", ["q", "q", "", "z"], ["y"])]),
                ("is read with one zero point by one node and with another by another", each, [SmallGraphs.Node("MatMulInteger", ["b", "q", "", "z"], ["y"]), SmallGraphs.Node("MatMulInteger", ["b", "q"], ["y1"])]),
                ($"is read by DequantizeLinear 'dequantizelinear', {Taken}", each, [dequantize, product, SmallGraphs.Node("MatMul", ["x", "w"], ["y1"])]),
                ($"is read by DequantizeLinear 'dequantizelinear', {Taken}", each, [dequantize, product, SmallGraphs.Node("Loop", ["", "", "y"], ["y1"], ("body", Body("Abs", "w", "inner")))]),
                ($"is read by MatMul 'matmul', {Taken}", each, [SmallGraphs.Node("DequantizeLinear", ["q", "s", "z"], ["w"], ("axis", 0)), product]),
                ($"is read by Add 'add', {Taken}", each, [dequantize, SmallGraphs.Node("Add", ["x", "w"], ["y"])]),
            })
            foreach (var isTyped in new[] { false, true })
            {
                var weight = SmallGraphs.Tensor<byte>("q", DataType.Uint8, Quantized(zeros.Length == 1 ? [.. each.Select(_ => zeros[0])] : zeros.Length < Outputs ? each : zeros), Size, Outputs);
                if (isTyped)
                {
                    weight.Int32Data.Add(weight.RawData.Select(one => (int)one));
                    weight.ClearRawData();
                }
                float[] scales = [.. Enumerable.Repeat(0.5f, zeros.Length)];
                long[] extents = zeros.Length == 1 ? [] : [zeros.Length];
                TensorProto[] constants = [weight, TensorData.Of("s", scales, extents), SmallGraphs.Tensor<byte>("z", DataType.Uint8, zeros, extents), TensorData.Of("one", [0.5f]), SmallGraphs.Tensor<byte>("one_byte", DataType.Uint8, [9])];
                var graph = SmallGraphs.Graph(nodes, [X, SmallGraphs.Tensor<byte>("b", DataType.Uint8, new byte[Size], 1, Size)], constants, [new() { Name = "y" }]);
                var model = new ModelProto { IrVersion = 8, Graph = graph };
                var (_, tensors, left) = ProviderModel.Pack(folder.With("dense.onnx", model), folder.File("packed.onnx"), CancellationToken.None);
                Assert.Equal(objection is null ? [] : [("q", objection)], left.Select(one => (one.Name, one.Objection)));
                if (objection is not null) continue;
                var tensor = Assert.Single(tensors);
                Assert.Equal(("q", Size * Outputs / 10 + 1), (tensor.Name, tensor.Nonzero));
                Assert.Equal(36 + 4 * (Outputs + 1) + Outputs + 2 * tensor.Nonzero, tensor.Bytes);
                ProviderModel.Unpack(folder.File("packed.onnx"), folder.File("back.onnx"));
                Assert.Equal(model.ToByteArray(), File.ReadAllBytes(folder.File("back.onnx")));
            }

        byte[] Quantized(byte[] of) => [.. Enumerable.Range(0, Size * Outputs).Select(i => (byte)(of[i % Outputs] + (i % 10 == 0 ? 50 + i % 30 : 0)))];
    }

    /// <summary>Floats hold whole numbers up to 2²⁴: an input's bytes may be as far as 255 from their zero point.</summary>
    [Fact]
    public void Bytes_whose_sums_floats_might_not_hold_stay()
    {
        foreach (var (most, objection) in new[] { (518, null), (519, "may make sums of 16807815, and the provider's are exact up to 16777216") })
        {
            var weight = SmallGraphs.Tensor<byte>("q", DataType.Int8, [.. Enumerable.Range(0, 6000).Select(i => (byte)(i % 2 == 0 && i / 2 < most ? 127 : 0))], 3000, 2);
            var model = SmallGraphs.Of(17, [SmallGraphs.Node("MatMulInteger", ["b", "q"], ["y"])], [SmallGraphs.Tensor<byte>("b", DataType.Uint8, new byte[3000], 1, 3000)], [weight], ["y"]).Proto;
            var (_, tensors, left) = ProviderModel.Pack(folder.With("dense.onnx", model), folder.File("packed.onnx"), CancellationToken.None);
            Assert.Equal(objection is null ? 1 : 0, tensors.Length);
            Assert.Equal(objection, left.SingleOrDefault()?.Objection);
        }
    }

    /// <summary>Fields that Secateur does not know, names that mean nothing, and numbers in a field of their own.</summary>
    [Fact]
    public void All_else_that_a_file_says_of_a_weight_comes_back()
    {
        foreach (var isHeld in new[] { false, true })
            foreach (var isTyped in new[] { false, true })
            {
                var weight = Weight("w", Size, Size);
                if (isTyped)
                {
                    weight.FloatData.Add(weight.ToArray<float>());
                    weight.ClearRawData();
                }
                weight.DocString = "a weight";
                weight.MetadataProps.Add(new StringStringEntryProto { Key = "a", Value = "b" });
                weight.MergeFrom([0xFA, 0x7F, 3, 1, 2, 3]); // field 2047
                var holder = Holder(weight);
                (holder.DocString, weight.Name) = ("a node", isHeld ? "other" : "w");
                var model = new ModelProto { IrVersion = 8, Graph = SmallGraphs.Graph([.. isHeld ? [holder] : Array.Empty<NodeProto>(), SmallGraphs.Node("MatMul", ["x", "w"], ["y"])], [X], isHeld ? [] : [weight], [new() { Name = "y" }]) };
                Packed(model, 1);
                ProviderModel.Unpack(folder.File("packed.onnx"), folder.File("back.onnx"));
                Assert.Equal(model.ToByteArray(), File.ReadAllBytes(folder.File("back.onnx")));
            }
    }

    [Fact]
    public void External_data_is_brought_in()
    {
        var model = SmallGraphs.Of(17, [SmallGraphs.Node("MatMul", ["x", "w"], ["y"])], [X], [Weight("w", Size, 32)], ["y"]).Proto;
        var weight = model.Graph.Initializer[0].ToArray<float>();
        using (var data = new DataFile(model, "dense.data"))
        {
            using (var stream = File.Create(folder.File("dense.data"))) data.WriteTo(stream);
            folder.With("dense.onnx", model);
        }
        ProviderModel.Pack(folder.File("dense.onnx"), folder.File("packed.onnx"), CancellationToken.None);
        File.Delete(folder.File("dense.data"));
        Assert.Equal(weight, OnnxModel.Load(folder.File("packed.onnx")).Graph.Constants["w"].ToArray<float>());
        Assert.Equal(["w"], OnnxModel.Load(folder.File("packed.onnx")).Proto.Graph.Initializer.Select(tensor => tensor.Name));
    }

    [Fact]
    public void An_ordinary_model_is_not_unpacked()
    {
        var path = folder.With("dense.onnx", SmallGraphs.Of(17, [SmallGraphs.Node("MatMul", ["x", "w"], ["y"])], [X], [Weight("w", Size, 32)], ["y"]).Proto);
        Assert.False(ProviderModel.Is(path));
        Assert.StartsWith($"{path}: is not packed; ", Assert.Throws<SecateurException>(() => ProviderModel.Unpack(path, folder.File("back.onnx"))).Message);
    }

    private ModelProto Packed(ModelProto model, int weights)
    {
        var (_, tensors, _) = ProviderModel.Pack(folder.With("dense.onnx", model), folder.File("packed.onnx"), CancellationToken.None);
        Assert.Equal(weights, tensors.Length);
        return ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder.File("packed.onnx")));
    }

    private static NodeProto Holder(TensorProto tensor) => SmallGraphs.Node("Constant", [], [tensor.Name], ("value", tensor));

    /// <summary>A body whose state has the name of what is around it.</summary>
    private static GraphProto Hiding(string name) => SmallGraphs.Graph([SmallGraphs.Node("Abs", [name], ["made"])], [TensorData.Of(name, new float[1], 1)], [], [new() { Name = "made" }]);

    private static GraphProto Body(string type, string input, string output) => SmallGraphs.Graph([SmallGraphs.Node(type, [input], ["made"])], [], [], [new() { Name = output }]);

    /// <summary>Nine in ten are zero.</summary>
    private static TensorProto Weight(string name, int inputs, int outputs) => TensorData.Of(name, [.. Enumerable.Range(0, inputs * outputs).Select(i => i % 10 == 0 ? i + 1f : 0)], inputs, outputs);
}
