using System.Text;
using Google.Protobuf;
using Secateur.Architectures;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Tests;

public sealed class OnnxModelTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Architectures => [.. Architecture.All.Keys.Order()];

    public void Dispose() => folder.Dispose();

    [Theory, MemberData(nameof(Architectures))]
    public void Read_then_written_is_the_same_file_and_behaves_the_same(string name)
    {
        var options = new ArchitectureOptions { InputShape = [.. Example(name)], Classes = 5, Vocabulary = 50, Width = 0.25 };
        var made = Architecture.Named(name).Build(options, 3);
        var one = folder.With("one.onnx", made.Proto);
        var two = folder.File("two.onnx");
        OnnxModel.Load(one).Save(two);
        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(two));
        var input = Feed(made.Graph.Inputs.Single());
        Assert.Equal(StockRuntime.Run(one, input), StockRuntime.Run(two, input));
    }

    [Fact]
    public void Fields_of_later_versions_are_kept()
    {
        var proto = Small.Proto();
        var graph = proto.Graph;
        graph.Node[1] = graph.Node[1].WithUnknown("unknown in a node");
        graph.Node[0].Attribute[0] = graph.Node[0].Attribute[0].WithUnknown("unknown in an attribute");
        graph.Initializer[0] = graph.Initializer[0].WithUnknown("unknown in a tensor");
        graph.SparseInitializer[0] = graph.SparseInitializer[0].WithUnknown("unknown in a sparse tensor");
        graph.Input[0] = graph.Input[0].WithUnknown("unknown in an input");
        proto.Graph = graph.WithUnknown("unknown in the graph");
        var bytes = proto.WithUnknown("unknown in the model").ToByteArray();
        OnnxModel.Load(folder.With("one.onnx", bytes)).Save(folder.File("two.onnx"));
        var written = File.ReadAllBytes(folder.File("two.onnx"));
        Assert.Equal(bytes, written);
        foreach (var place in new[] { "a node", "an attribute", "a tensor", "a sparse tensor", "an input", "the graph", "the model" })
            Assert.True(written.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"unknown in {place}")) > 0, place);
        Assert.Equal(StockRuntime.Run(folder.File("one.onnx"), Small.X), StockRuntime.Run(folder.File("two.onnx"), Small.X));
    }

    [Fact]
    public void Metadata_is_kept_and_a_key_is_there_once()
    {
        var model = OnnxModel.Load(folder.With("one.onnx", Small.Proto()));
        model.SetMetadata("secateur.sparsity", "0.5");
        model.SetMetadata("secateur.sparsity", "0.9");
        model.Save(folder.File("two.onnx"));
        var read = OnnxModel.Load(folder.File("two.onnx"));
        Assert.Equal(("the tests", "0.9", null), (read.Metadata("made-by"), read.Metadata("secateur.sparsity"), read.Metadata("absent")));
        Assert.Equal(2, read.Proto.MetadataProps.Count);
    }

    [Fact]
    public void Can_be_saved_over_the_file_that_it_was_read_from()
    {
        var path = folder.With("one.onnx", Small.Proto());
        var model = OnnxModel.Load(path);
        model.SetMetadata("more", "yes");
        model.Save(path);
        Assert.Equal("yes", OnnxModel.Load(path).Metadata("more"));
        Assert.Equal(["one.onnx"], folder.Entries);
    }

    private static long[] Example(string name) => name switch { "mlp" => [13], "text-cnn" => [20], _ => [3, 32, 32] };

    private static TensorProto Feed(Value input)
    {
        var shape = input.ShapeWith(batch: 2);
        var count = (int)shape.Aggregate((product, size) => product * size);
        return input.Type == DataType.Int64
            ? TensorData.Of(input.Name, [.. Enumerable.Range(0, count).Select(i => 7L * i % 50)], shape)
            : TensorData.Of(input.Name, [.. Enumerable.Range(0, count).Select(i => i * 37 % 101 / 101f)], shape);
    }
}
