using Google.Protobuf;
using Secateur.Architectures;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx.Tests;

public sealed class OnnxModelTests : IDisposable
{
    private readonly Models files = new();

    public void Dispose() => files.Dispose();

    [Theory]
    [InlineData("lenet-300-100"), InlineData("resnet-8"), InlineData("vit-small")]
    public void Read_and_written_unchanged_is_the_same_bytes(string architecture)
    {
        var bytes = Architecture.Named(architecture).Build(new ArchitectureOptions { InputShape = [1, 28, 28], Classes = 10, Width = 0.25 }, 1).Proto.ToByteArray();
        OnnxModel.Load(files.Write(bytes)).Save(files.PathOf("again.onnx"));
        Assert.Equal(bytes, File.ReadAllBytes(files.PathOf("again.onnx")));
    }

    [Fact]
    public void What_is_not_known_is_kept()
    {
        var proto = Models.Small();
        proto.MetadataProps.Add(new StringStringEntryProto { Key = "author", Value = "someone" });
        // field 900, a string, in the model, its graph, a node and a tensor
        byte[] unknown = [0xa2, 0x38, 3, (byte)'n', (byte)'e', (byte)'w'];
        proto.Graph.Node[1] = NodeProto.Parser.ParseFrom([.. proto.Graph.Node[1].ToByteArray(), .. unknown]);
        proto.Graph.Initializer[0] = TensorProto.Parser.ParseFrom([.. proto.Graph.Initializer[0].ToByteArray(), .. unknown]);
        proto.Graph = GraphProto.Parser.ParseFrom([.. proto.Graph.ToByteArray(), .. unknown]);
        byte[] bytes = [.. proto.ToByteArray(), .. unknown];
        var model = OnnxModel.Load(files.Write(bytes));
        Assert.Equal("someone", model.Metadata("author"));
        model.Graph.Constants["w"].SetBytes(model.Graph.Constants["w"].Bytes());
        model.Save(files.PathOf("again.onnx"));
        Assert.Equal(4, Count(File.ReadAllBytes(files.PathOf("again.onnx")), unknown));
    }

    [Fact]
    public void Weight_of_a_Constant_node_is_found_and_written_back_in_its_place()
    {
        var model = OnnxModel.Load(files.Write(Models.Small()));
        Assert.Equal([0.5f, -0.5f], model.Graph.Constants["b"].ToArray<float>());
        model.Graph.Constants["b"].SetBytes(TensorData.Of("", [7f, 8f], 2).Bytes());
        model.Save(files.PathOf("again.onnx"));
        var constant = ModelProto.Parser.ParseFrom(File.ReadAllBytes(files.PathOf("again.onnx"))).Graph.Node[0];
        Assert.Equal("Constant", constant.OpType);
        Assert.Equal([7f, 8f], constant.Attribute[0].T.ToArray<float>());
    }

    [Fact]
    public void Any_truncation_is_an_error_of_ours_or_still_a_model()
    {
        var bytes = Models.Small().ToByteArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            var path = files.Write(bytes[..length]);
            if (Record.Exception(() => OnnxModel.Load(path)) is { } error) Assert.StartsWith(path, Assert.IsType<SecateurException>(error).Message);
        }
    }

    [Fact]
    public void Any_change_of_bytes_is_an_error_of_ours_or_still_a_model()
    {
        var random = new Random(7);
        var bytes = Models.Small().ToByteArray();
        for (var round = 0; round < 3000; round++)
        {
            var changed = bytes.ToArray();
            for (var change = random.Next(1, 5); change > 0; change--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            var path = files.Write(changed);
            if (Record.Exception(() => OnnxModel.Load(path)) is { } error)
                Assert.True(error is SecateurException, $"round {round} of seed 7: {error}");
        }
    }

    [Fact]
    public void What_is_no_model_is_told_apart()
    {
        Says("is no ONNX file", files.Write("this is text, not a model"u8.ToArray()));
        Says("is empty", files.Write([]));
        Says("no such file", files.PathOf("absent.onnx"));
        Says("is a folder", Path.GetDirectoryName(files.PathOf("x"))!);
        Says("holds no graph", files.Write(new ModelProto { IrVersion = 8 }));
    }

    [Fact]
    public void Broken_graph_names_node_and_value()
    {
        Says("node 'gemm' reads 'b', which nothing before it makes", Broken(graph => graph.Node.RemoveAt(0)));
        Says("node 'relu' reads 'h'", Broken(graph => (graph.Node[1], graph.Node[2]) = (graph.Node[2], graph.Node[1])));
        Says("value 'y' is made twice", Broken(graph => graph.Node.Add(graph.Node[2].Clone())));
        Says("output 'z' is made by no node", Broken(graph => graph.Output[0].Name = "z"));
        Says("tensor 'w' is there twice", Broken(graph => graph.Initializer.Add(graph.Initializer[0].Clone())));
        Says("impossible shape [-3, 2]", Broken(graph => graph.Initializer[0].Dims[0] = -3));
        Says("impossible shape", Broken(graph => graph.Initializer[0].Dims[0] = long.MaxValue));
        Says("tensor 'w' has shape [4, 2] but 6 elements", Broken(graph => graph.Initializer[0].Dims[0] = 4));
        Says("data in another file", Broken(graph => graph.Initializer[0].DataLocation = TensorProto.Types.DataLocation.External));
    }

    private string Broken(Action<GraphProto> change)
    {
        var proto = Models.Small();
        change(proto.Graph);
        return files.Write(proto);
    }

    private static void Says(string what, string path)
    {
        var message = Assert.Throws<SecateurException>(() => OnnxModel.Load(path)).Message;
        Assert.StartsWith(path, message);
        Assert.Contains(what, message);
        Assert.DoesNotContain('\n', message);
    }

    private static int Count(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> what)
    {
        var count = 0;
        for (var at = bytes.IndexOf(what); at >= 0; at = bytes.IndexOf(what))
        {
            count++;
            bytes = bytes[(at + what.Length)..];
        }
        return count;
    }
}
