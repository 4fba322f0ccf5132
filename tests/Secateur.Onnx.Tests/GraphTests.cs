using Secateur.Onnx.Proto;

namespace Secateur.Onnx.Tests;

public sealed class GraphTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Constants_are_found_wherever_the_file_keeps_them()
    {
        var graph = OnnxModel.Load(folder.With("one.onnx", Small.Proto())).Graph;
        Assert.Equal(["bias", "dense", "scalar", "sparse"], graph.Constants.Keys.Order());
        Assert.Equal([1f, 2, 3, 4], graph.Constants["bias"].ToArray<float>());
        Assert.Equal(Small.Gaps.ToArray<float>(), graph.Constants["sparse"].ToArray<float>());
        Assert.Equal(["MatMul", "Add", "MatMul", "Add"], graph.Nodes.Select(node => node.OpType));
        Assert.Equal(["b"], graph.Consumers["bias"].Single().Outputs);
    }

    [Theory, InlineData("bias"), InlineData("dense"), InlineData("scalar"), InlineData("sparse")]
    public void A_constant_that_is_changed_in_place_is_written_back_and_nothing_else_is(string name)
    {
        var before = OnnxModel.Load(folder.With("one.onnx", Small.Proto()));
        var model = OnnxModel.Load(folder.File("one.onnx"));
        float[] changed = [.. model.Graph.Constants[name].ToArray<float>().Select((value, i) => i % 2 == 0 ? 0 : value + 1)];
        model.Graph.Constants[name].SetBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(changed));
        model.Save(folder.File("two.onnx"));
        var after = OnnxModel.Load(folder.File("two.onnx"));
        foreach (var (key, tensor) in after.Graph.Constants)
            Assert.Equal(key == name ? changed : before.Graph.Constants[key].ToArray<float>(), tensor.ToArray<float>());
        Assert.Equal(before.Proto.Graph.Node.Count, after.Proto.Graph.Node.Count);
        Assert.Single(after.Proto.Graph.SparseInitializer);
        Assert.NotEqual(StockRuntime.Run(folder.File("one.onnx"), Small.X), StockRuntime.Run(folder.File("two.onnx"), Small.X));
    }

    [Fact]
    public void Initializers_that_are_named_as_inputs_are_constants()
    {
        var proto = Small.Proto();
        var declared = proto.Graph.Input[0].Clone();
        declared.Name = "dense";
        proto.Graph.Input.Add(declared);
        Assert.Equal(["x"], OnnxModel.Load(folder.With("one.onnx", proto)).Graph.Inputs.Select(input => input.Name));
    }

    [Theory]
    [InlineData("dense", "tensor 'dense' is there twice; export the model again")]
    [InlineData("b", "value 'b' is made twice, again by node 'makes y'; export the model again")]
    [InlineData("x", "input 'x' is there twice; export the model again")]
    public void Names_are_there_once(string name, string message)
    {
        var proto = Small.Proto();
        if (name == "x") proto.Graph.Input.Add(proto.Graph.Input[0]);
        else if (name == "b") proto.Graph.Node[4].Output[0] = "b";
        else proto.Graph.Initializer.Add(proto.Graph.Initializer[0]);
        Refused(proto, message);
    }

    [Fact]
    public void Nodes_out_of_order_are_sorted_and_saved_as_they_were()
    {
        var unsorted = Small.Proto();
        (unsorted.Graph.Node[1], unsorted.Graph.Node[2]) = (unsorted.Graph.Node[2].Clone(), unsorted.Graph.Node[1].Clone());
        var model = OnnxModel.Load(folder.With("one.onnx", unsorted));
        Assert.Equal(["makes a", "makes b", "makes c", "makes y"], model.Graph.Nodes.Select(node => node.Name));
        model.Save(folder.File("two.onnx"));
        Assert.Equal(File.ReadAllBytes(folder.File("one.onnx")), File.ReadAllBytes(folder.File("two.onnx")));
    }

    [Fact]
    public void A_circle_is_told_with_its_nodes()
    {
        var cycle = Small.Proto();
        cycle.Graph.Node[1].Input[0] = "c";
        Refused(cycle, "nodes read each other in a circle: 'makes a', 'makes b', 'makes c'; export the model again");
        cycle.Graph.Node[1].Input[0] = "a";
        Refused(cycle, "nodes read each other in a circle: 'makes a'; export the model again");
        var absent = Small.Proto();
        absent.Graph.Node[1].Input[0] = "nowhere";
        Refused(absent, "node 'makes a' reads 'nowhere', which nothing before it makes; export the model again");
    }

    [Fact]
    public void What_a_subgraph_captures_is_made_before_it()
    {
        var proto = Small.Proto();
        var branch = Secateur.Testing.SmallGraphs.Graph([Secateur.Testing.SmallGraphs.Node("Neg", ["c"], ["n"])], [], [], [new() { Name = "n" }]);
        proto.Graph.Node.Insert(0, Secateur.Testing.SmallGraphs.Node("If", ["x"], ["z"], ("then_branch", branch)));
        Assert.Equal("If", OnnxModel.Load(folder.With("one.onnx", proto)).Graph.Nodes[3].OpType);
        branch.Node[0].Input[0] = "z"; // what the node itself gives
        proto.Graph.Node[0].Attribute[0].G = branch;
        Refused(proto, "nodes read each other in a circle: 'if'; export the model again");
    }

    [Theory, InlineData(25, "MatMul", 24), InlineData(6, "Add", 17), InlineData(long.MaxValue, "MatMul", 24), InlineData(0, "Add", 17)]
    public void Operator_sets_that_are_not_known_are_told_with_the_mend(long version, string type, int mend)
    {
        var proto = Small.Proto();
        proto.OpsetImport[0].Version = version;
        Refused(proto, $"node 'makes {(type == "Add" ? "b" : "a")}' ({type}) is of operator set {version}, of which 7 to 24 are known; export the model with opset {mend}, or convert it with onnx.version_converter");
    }

    [Fact]
    public void Texts_and_packed_types_are_carried_through()
    {
        var proto = Small.Proto();
        var words = new TensorProto { Name = "words", DataType = (int)TensorProto.Types.DataType.String };
        words.Dims.Add(2);
        words.StringData.Add([Google.Protobuf.ByteString.CopyFromUtf8("yes"), Google.Protobuf.ByteString.CopyFromUtf8("nö")]);
        var nibbles = new TensorProto { Name = "nibbles", DataType = (int)TensorProto.Types.DataType.Int4, RawData = Google.Protobuf.ByteString.CopyFrom(0x21, 0x03) };
        nibbles.Dims.Add(3);
        var eighths = new TensorProto { Name = "eighths", DataType = (int)TensorProto.Types.DataType.Float8E4M3Fn, RawData = Google.Protobuf.ByteString.CopyFrom(0x21, 0x03) };
        eighths.Dims.Add(2);
        proto.Graph.Initializer.Add([words, nibbles, eighths]);
        var text = Secateur.Testing.SmallGraphs.Node("Constant", [], ["text"], ("value_string", "word"));
        proto.Graph.Node.Add(text);
        var model = OnnxModel.Load(folder.With("one.onnx", proto));
        Assert.Equal("word", model.Graph.Constants["text"].StringData[0].ToStringUtf8());
        model.Save(folder.File("two.onnx"));
        Assert.Equal(File.ReadAllBytes(folder.File("one.onnx")), File.ReadAllBytes(folder.File("two.onnx")));
        nibbles.Dims[0] = 5;
        Refused(proto, "tensor 'nibbles' has shape [5] but 4 elements; the file is damaged, export it again");
        nibbles.Dims[0] = 4;
        words.Dims[0] = 3;
        Refused(proto, "tensor 'words' has shape [3] but 2 elements; the file is damaged, export it again");
    }

    [Fact]
    public void An_output_that_no_node_makes_is_refused()
    {
        var proto = Small.Proto();
        proto.Graph.Output[0].Name = "z";
        Refused(proto, "output 'z' is made by no node; export the model again");
    }

    [Fact]
    public void A_graph_without_nodes_is_refused()
    {
        var proto = Small.Proto();
        proto.Graph.Node.Clear();
        Refused(proto, "holds no graph, so it is no ONNX model; export it again");
    }

    private void Refused(ModelProto proto, string message)
    {
        var path = folder.With("bad.onnx", proto);
        Assert.Equal($"{path}: {message}", Assert.Throws<SecateurException>(() => OnnxModel.Load(path)).Message);
    }
}
