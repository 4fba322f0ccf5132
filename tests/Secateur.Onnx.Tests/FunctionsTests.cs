using Secateur.Onnx.Proto;
using static Secateur.Testing.SmallGraphs;

namespace Secateur.Onnx.Tests;

/// <summary>Functions of a model's own: with their bodies in place the model computes the same, also in ONNX Runtime.</summary>
public sealed class FunctionsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void With_the_bodies_in_place_ONNX_Runtime_computes_the_same()
    {
        var path = folder.With("one.onnx", Model());
        var model = OnnxModel.Load(path);
        Assert.Empty(model.Proto.Functions);
        Assert.Equal([""], model.Proto.OpsetImport.Select(import => import.Domain));
        Assert.Equal(["LeakyRelu", "MatMul", "Add", "LeakyRelu", "MatMul", "Add", "ReduceMax", "Greater", "If"], model.Graph.Nodes.Select(node => node.OpType));
        Assert.Equal([0.5f, 0.25f], model.Graph.Nodes.Where(node => node.OpType == "LeakyRelu").Select(node => node.Float("alpha")));
        Assert.Equal(2, model.Graph.Constants.Values.Count(tensor => tensor.Dims is [3, 3])); // each call has its own
        model.Save(folder.File("two.onnx"));
        foreach (var sign in new[] { 1f, -1f })
        {
            var x = TensorData.Of("x", [sign, -1, 2, sign, 4, -0.25f], 2, 3);
            Assert.Equal(StockRuntime.Run(path, x), StockRuntime.Run(folder.File("two.onnx"), x));
        }
        OnnxModel.Load(folder.File("two.onnx")).Save(folder.File("three.onnx"));
        Assert.Equal(File.ReadAllBytes(folder.File("two.onnx")), File.ReadAllBytes(folder.File("three.onnx")));
    }

    [Fact]
    public void Functions_that_call_themselves_or_are_there_twice_are_refused()
    {
        var proto = Model();
        proto.Functions[0].Node.Add(Own("outer", ["a"], ["z"]));
        Refused(proto, "function 'outer' calls itself; export the model without functions");
        proto = Model();
        proto.Functions.Add(proto.Functions[0]);
        Refused(proto, "function 'inner' is there twice; export the model again");
    }

    [Theory, InlineData(2, 60), InlineData(1, 5000)]
    public void A_small_file_cannot_ask_for_much_by_calls_of_calls(int calls, int levels)
    {
        var proto = Model();
        for (var level = 0; level < levels; level++)
            proto.Functions.Add(Function($"f{level}", ["x"], ["y0"], [.. Enumerable.Range(0, calls).Select(call => Own($"f{level + 1}", ["x"], [$"y{call}"]))]));
        proto.Functions.Add(Function($"f{levels}", ["x"], ["y0"], Node("Neg", ["x"], ["y0"])));
        proto.Graph.Node.Add(Own("f0", ["x"], ["more"]));
        Refused(proto, "' and those it calls take over 100,000 nodes, 256 MB or 100 levels in place; export the model without functions");
    }

    [Fact]
    public void A_large_body_cannot_be_called_often()
    {
        var proto = Model();
        var large = new TensorProto { DataType = (int)TensorProto.Types.DataType.Float };
        large.Dims.Add(8 << 20);
        large.FloatData.Add(new float[8 << 20]);
        proto.Functions.Add(Function("large", ["x"], ["y"], Node("Constant", [], ["y"], ("value", large))));
        for (var call = 0; call < 20; call++) proto.Graph.Node.Add(Own("large", ["x"], [$"more{call}"]));
        Refused(proto, "function 'large' and those it calls take over 100,000 nodes, 256 MB or 100 levels in place; export the model without functions");
    }

    private void Refused(ModelProto proto, string message) =>
        Assert.EndsWith(message, Assert.Throws<SecateurException>(() => OnnxModel.Load(folder.With("bad.onnx", proto))).Message);

    /// <summary>outer(x, alpha) calls inner, whose alpha it hands on, twice over in the graph; a branch uses a value of the function around it.</summary>
    private static ModelProto Model()
    {
        var slope = Node("LeakyRelu", ["p"], ["q"]);
        slope.Attribute.Add(new AttributeProto { Name = "alpha", RefAttrName = "slope", Type = AttributeProto.Types.AttributeType.Float });
        var inner = Function("inner", ["p"], ["r"], slope, Node("Constant", [], ["w"], ("value", TensorData.Of("", [1f, 2, 3, -4, 5, 6, 7, 8, 9], 3, 3))), Node("MatMul", ["q", "w"], ["r"]));
        inner.AttributeProto.Add(new AttributeProto { Name = "slope", F = 0.5f, Type = AttributeProto.Types.AttributeType.Float });
        var handed = Own("inner", ["a"], ["m"]);
        handed.Attribute.Add(new AttributeProto { Name = "slope", RefAttrName = "steep", Type = AttributeProto.Types.AttributeType.Float });
        var outer = Function("outer", ["a", "left_out"], ["s"], handed, Node("Add", ["m", "a"], ["s"]));
        outer.Attribute.Add("steep");
        var branches = new[] { "Neg", "Abs" }.Select(type => Graph([Node(type, ["big"], ["t"])], [], [], [Describe(TensorData.Of("t", new float[6], 2, 3))])).ToArray();
        var choose = Function("choose", ["big", "c"], ["chosen"], Node("If", ["c"], ["chosen"], ("then_branch", branches[0]), ("else_branch", branches[1])));
        var second = Own("outer", ["first"], ["second"]);
        second.Name = "second";
        second.Attribute.Add(new AttributeProto { Name = "steep", F = 0.25f, Type = AttributeProto.Types.AttributeType.Float });
        var graph = Graph(
            [Own("outer", ["x"], ["first"]), second, Node("ReduceMax", ["second"], ["most"], ("keepdims", 0L)), Node("Greater", ["most", "limit"], ["c"]), Own("choose", ["second", "c"], ["y"])],
            [TensorData.Of("x", new float[6], 2, 3)], [TensorData.Of("limit", [40f])], [Describe(TensorData.Of("y", new float[6], 2, 3))]);
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add([new OperatorSetIdProto { Domain = "", Version = 17 }, new OperatorSetIdProto { Domain = "own", Version = 1 }]);
        model.Functions.Add([inner, outer, choose]);
        return model;
    }

    private static FunctionProto Function(string name, string[] inputs, string[] outputs, params NodeProto[] nodes)
    {
        var function = new FunctionProto { Name = name, Domain = "own" };
        function.Input.Add(inputs);
        function.Output.Add(outputs);
        function.Node.Add(nodes);
        function.OpsetImport.Add([new OperatorSetIdProto { Domain = "", Version = 17 }, new OperatorSetIdProto { Domain = "own", Version = 1 }]);
        return function;
    }

    private static NodeProto Own(string function, string[] inputs, string[] outputs)
    {
        var node = Node(function, inputs, outputs);
        (node.Domain, node.Name) = ("own", "");
        return node;
    }
}
