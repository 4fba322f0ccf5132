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
    public void What_else_reads_a_weight_leaves_it_dense()
    {
        NodeProto product = SmallGraphs.Node("MatMul", ["x", "w"], ["p"]);
        foreach (var (packed, others) in new (int, NodeProto[])[]
            {
                (1, [SmallGraphs.Node("Abs", ["p"], ["y"])]),
                (1, [SmallGraphs.Node("MatMul", ["p", "w"], ["y"])]),
                (0, [SmallGraphs.Node("MatMul", ["w", "w"], ["y"])]),
                (0, [SmallGraphs.Node("Add", ["p", "w"], ["y"])]),
                (0, [SmallGraphs.Node("Gemm", ["p", "w"], ["y"], ("transB", 1))]),
                (0, [SmallGraphs.Node("Abs", ["p"], ["y"]), SmallGraphs.Node("Loop", ["", "", "p"], ["z"], ("body", SmallGraphs.Graph([SmallGraphs.Node("Abs", ["w"], ["inner"])], [], [], [])))]),
            })
        {
            var model = new ModelProto { IrVersion = 8, Graph = SmallGraphs.Graph([product, .. others], [X], [Weight("w", Size, Size)], [new() { Name = "y" }]) };
            Assert.Equal(model.OpsetImport.Count + packed, Packed(model, packed).OpsetImport.Count);
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
        var (_, tensors) = ProviderModel.Pack(folder.With("dense.onnx", model), folder.File("packed.onnx"), CancellationToken.None);
        Assert.Equal(weights, tensors.Length);
        return ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder.File("packed.onnx")));
    }

    /// <summary>Nine in ten are zero.</summary>
    private static TensorProto Weight(string name, int inputs, int outputs) => TensorData.Of(name, [.. Enumerable.Range(0, inputs * outputs).Select(i => i % 10 == 0 ? i + 1f : 0)], inputs, outputs);
}
