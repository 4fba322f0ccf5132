using Google.Protobuf;
using Secateur.Onnx.Packing;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Tests.Packing;

/// <summary>One file, smaller, and the same outputs in stock ONNX Runtime.</summary>
public sealed class SparseModelTests : IDisposable
{
    private const int Size = 24;

    private readonly TemporaryFolder folder = new();

    public static TheoryData<DataType> Types =>
    [
        DataType.Float, DataType.Double, DataType.Float16, DataType.Bfloat16, DataType.Int8, DataType.Uint8, DataType.Int16, DataType.Uint16,
        DataType.Int32, DataType.Uint32, DataType.Int64, DataType.Uint64, DataType.Bool,
    ];

    private static TensorProto X => TensorData.Of("x", [.. Enumerable.Range(0, Size).Select(i => i % 5 - 1.5f)], 1, Size);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0.8, false)]
    [InlineData(0.95, false)]
    [InlineData(1.0, false)]
    [InlineData(0.9, true)]
    public void Packed_it_computes_the_same(double sparsity, bool outside)
    {
        var dense = folder.With("dense.onnx", Model(sparsity));
        if (outside)
        {
            var split = OnnxModel.Load(dense);
            using var data = new DataFile(split.Proto, "dense.data");
            using (var stream = File.Create(folder.File("dense.data"))) data.WriteTo(stream);
            folder.With("dense.onnx", split.Proto);
        }
        var before = new DirectoryInfo(folder.Path).EnumerateFiles().Sum(file => file.Length);
        Directory.CreateDirectory(folder.File("alone"));
        var packed = folder.File("alone/packed.onnx");
        var (bytes, tensors) = SparseModel.Pack(dense, packed, CancellationToken.None);
        Assert.Equal(before, bytes);
        Assert.Equal(["held", "inner", "weight"], tensors.Select(tensor => tensor.Name).Order());
        Assert.Equal(tensors.Sum(tensor => tensor.Nonzero), ModelProto.Parser.ParseFrom(File.ReadAllBytes(packed)) is var proto
            ? Sparse(proto).Sum(tensor => tensor.Values.Count()) : 0);
        Assert.InRange(new FileInfo(packed).Length, 1, bytes - 1);
        Assert.Equal(StockRuntime.Run(dense, X), StockRuntime.Run(packed, X));
        // and to our own reader
        Assert.Equal(OnnxModel.Load(dense).Graph.Constants["held"].ToArray<float>(), OnnxModel.Load(packed).Graph.Constants["held"].ToArray<float>());
    }

    [Theory, MemberData(nameof(Types))]
    public void Every_type_that_is_packed_is_the_same_tensor_in_ONNX_Runtime(DataType type)
    {
        foreach (var dims in new long[][] { [240], [2, 120], [2, 3, 4, 10] })
        {
            var bytes = new byte[240 * TensorData.Width(type)];
            foreach (var place in new[] { 0, 7, 239 }) bytes[place * TensorData.Width(type)] = 1;
            var weight = SmallGraphs.Tensor<byte>("w", type, bytes, dims);
            var proto = SmallGraphs.Of(19, [SmallGraphs.Node("Identity", ["w"], ["y"])], [], [weight], ["y"]).Proto;
            proto.Graph.Output[0] = SmallGraphs.Describe(weight);
            proto.Graph.Output[0].Name = "y";
            SparseModel.Pack(folder.With("dense.onnx", proto), folder.File("packed.onnx"), CancellationToken.None);
            Assert.Single(ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder.File("packed.onnx"))).Graph.SparseInitializer);
            Assert.Equal(bytes, StockRuntime.Run(folder.File("packed.onnx"))[0]);
        }
    }

    [Fact]
    public void Negative_zeros_are_kept_where_they_could_be_seen()
    {
        foreach (var (op, kept) in new[] { ("MatMul", 1), ("Add", 12) })
        {
            var values = new float[Size * Size];
            values[5] = 1;
            for (var i = 0; i < 11; i++) values[20 + i] = -0f;
            var proto = SmallGraphs.Of(17, [SmallGraphs.Node(op, ["x", "w"], ["y"])], [X], [TensorData.Of("w", values, Size, Size)], ["y"]).Proto;
            var (_, tensors) = SparseModel.Pack(folder.With("dense.onnx", proto), folder.File("packed.onnx"), CancellationToken.None);
            Assert.Equal(kept, Assert.Single(tensors).Nonzero);
            Assert.Equal(StockRuntime.Run(folder.File("dense.onnx"), X), StockRuntime.Run(folder.File("packed.onnx"), X));
        }
    }

    [Theory]
    [InlineData(8, 0, 2)] // a default value that a caller may replace
    [InlineData(3, 1, 1)] // in old files every constant is an input
    public void Inputs_with_a_default_value_stay(long version, int sparse, int inputs)
    {
        var weight = TensorData.Of("w", [1, .. new float[(Size * Size) - 1]], Size, Size);
        var proto = SmallGraphs.Of(8, [SmallGraphs.Node("MatMul", ["x", "w"], ["y"])], [X], [weight], ["y"]).Proto;
        proto.Graph.Input.Add(SmallGraphs.Describe(weight));
        proto.IrVersion = version;
        var (_, tensors) = SparseModel.Pack(folder.With("dense.onnx", proto), folder.File("packed.onnx"), CancellationToken.None);
        Assert.Equal(sparse, tensors.Length);
        Assert.Equal(inputs, ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder.File("packed.onnx"))).Graph.Input.Count);
        Assert.Equal(StockRuntime.Run(folder.File("dense.onnx"), X), StockRuntime.Run(folder.File("packed.onnx"), X));
    }

    [Fact]
    public void Where_nothing_is_sparse_the_file_is_the_same()
    {
        var dense = folder.With("dense.onnx", Model(0));
        var (_, tensors) = SparseModel.Pack(dense, folder.File("packed.onnx"), CancellationToken.None);
        Assert.Empty(tensors);
        Assert.Equal(File.ReadAllBytes(dense), File.ReadAllBytes(folder.File("packed.onnx")));
    }

    [Fact]
    public void A_damaged_model_is_refused_and_nothing_is_written()
    {
        var proto = Model(0.9);
        proto.Graph.Initializer[0].Dims[0] = 1L << 40;
        var path = folder.With("bad.onnx", proto);
        Assert.StartsWith($"{path}: tensor 'weight' has shape [1099511627776, {Size}] but ", Assert.Throws<SecateurException>(() => SparseModel.Pack(path, folder.File("out.onnx"), CancellationToken.None)).Message);
        Assert.Equal(["bad.onnx"], folder.Entries);
    }

    private static IEnumerable<SparseTensorProto> Sparse(ModelProto proto) =>
        proto.Graph.SparseInitializer.Concat(proto.Graph.Node.SelectMany(node => node.Attribute).Where(attribute => attribute.G is not null).SelectMany(attribute => attribute.G.SparseInitializer));

    /// <summary>A weight, one in a Constant node, one inside a branch, and a bias.</summary>
    private static ModelProto Model(double sparsity)
    {
        var branch = SmallGraphs.Graph([SmallGraphs.Node("MatMul", ["b", "inner"], ["chosen"])], [], [Weight("inner", 3, sparsity)], [SmallGraphs.Describe(TensorData.Of("chosen", new float[Size], 1, Size))]);
        var other = SmallGraphs.Graph([SmallGraphs.Node("Abs", ["b"], ["kept"])], [], [], [SmallGraphs.Describe(TensorData.Of("kept", new float[Size], 1, Size))]);
        return SmallGraphs.Of(9,
            [
                SmallGraphs.Node("Constant", [], ["held"], ("value", Weight("", 2, sparsity))),
                SmallGraphs.Node("MatMul", ["x", "weight"], ["a"]),
                SmallGraphs.Node("Gemm", ["a", "held", "bias"], ["b"]),
                SmallGraphs.Node("If", ["yes"], ["y"], ("then_branch", branch), ("else_branch", other)),
            ],
            [X], [Weight("weight", 1, sparsity), TensorData.Of("bias", [.. Enumerable.Range(1, Size).Select(i => i / 10f)], Size), SmallGraphs.Tensor<bool>("yes", DataType.Bool, [true])], ["y"]).Proto;
    }

    private static TensorProto Weight(string name, int seed, double sparsity)
    {
        var random = new Random(seed);
        return TensorData.Of(name, [.. Enumerable.Range(0, Size * Size).Select(_ => random.NextDouble() < sparsity ? 0 : random.NextSingle() - 0.5f)], Size, Size);
    }
}
