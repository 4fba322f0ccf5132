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
    public void Nodes_out_of_order_and_cycles_are_refused()
    {
        var unsorted = Small.Proto();
        (unsorted.Graph.Node[1], unsorted.Graph.Node[2]) = (unsorted.Graph.Node[2].Clone(), unsorted.Graph.Node[1].Clone());
        Refused(unsorted, "node 'makes b' reads 'a', which nothing before it makes; export the model again");
        var cycle = Small.Proto();
        cycle.Graph.Node[1].Input[0] = "y";
        Refused(cycle, "node 'makes a' reads 'y', which nothing before it makes; export the model again");
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
