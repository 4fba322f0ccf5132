using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>Weights that graphs inside nodes read, as both branches of a decoder with and without earlier keys do.</summary>
public sealed class InnerGraphTests : IDisposable
{
    private const int Size = 48;

    private readonly PackedFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Both_branches_take_what_is_around_them()
    {
        foreach (var isHeld in new[] { false, true })
        {
            var branches = new[] { "Relu", "Tanh" }.Select(type => Graph($"{type}.y", Node("Transpose", "u", $"{type}.t"), Node("MatMul", "x w", $"{type}.a"), Node(type, $"{type}.a", $"{type}.b"), Node("MatMul", $"{type}.b {type}.t", $"{type}.y"))).ToArray();
            var model = Model(SmallGraphs.Node("If", ["c"], ["y"], ("then_branch", branches[0]), ("else_branch", branches[1])));
            if (isHeld)
            {
                foreach (var (index, tensor) in model.Graph.Initializer.Index()) model.Graph.Node.Insert(index, SmallGraphs.Node("Constant", [], [tensor.Name], ("value", tensor)));
                model.Graph.Initializer.Clear();
            }
            foreach (var condition in new byte[] { 0, 1 }) Holds(model, 2, 4, condition);
        }
    }

    [Fact]
    public void A_weight_may_be_read_around_a_loop_and_in_a_branch_within_it()
    {
        var branch = Graph("f", Node("MatMul", "d w", "e"), Node("Relu", "e", "f"));
        var other = Graph("g", Node("Neg", "d", "g"));
        var body = SmallGraphs.Graph([Node("MatMul", "s u", "d"), SmallGraphs.Node("If", ["c"], ["h"], ("then_branch", branch), ("else_branch", other)), Node("Identity", "k", "goes")],
            [SmallGraphs.Tensor<long>("i", DataType.Int64, [0]), SmallGraphs.Tensor<byte>("k", DataType.Bool, [1]), TensorData.Of("s", new float[3 * Size], 3, Size)], [], [Out("goes", DataType.Bool), Out("h", DataType.Float)]);
        var model = Model(Node("MatMul", "x w", "first"), SmallGraphs.Node("Loop", ["three", "", "first"], ["y"], ("body", body)));
        foreach (var condition in new byte[] { 0, 1 }) Holds(model, 2, 3, condition);
    }

    /// <summary>It is made dense there, time and again.</summary>
    [Fact]
    public void What_is_not_taken_within_runs_all_the_same()
    {
        var branch = Graph("y1", Node("MatMul", "x w", "a"), Node("Relu", "a", "y1"));
        var model = Model(SmallGraphs.Node("If", ["c"], ["y"], ("then_branch", branch), ("else_branch", Graph("y2", Node("Neg", "x", "y2")))));
        var (packed, weights) = _files.Packed(model);
        Assert.Equal(1, weights);
        foreach (var one in new[] { model, packed })
        {
            var inner = one.Graph.Node.Single(node => node.OpType == "If").Attribute.Single(attribute => attribute.Name == "then_branch").G;
            var product = inner.Node.Single(node => node.OpType == "MatMul");
            inner.Node.Insert(inner.Node.IndexOf(product) + 1, Node("Add", $"{product.Input[1]} {product.Input[1]}", "twice"));
            product.OpType = "Identity";
            product.Input.RemoveAt(1);
            inner.Node.Add(Node("ReduceSum", "twice", "sum"));
            inner.Node.Add(Node("Add", "y1 sum", "y3"));
            inner.Output[0].Name = "y3";
        }
        using var stock = new Run(model, null);
        using var ours = new Run(packed, Library.Device);
        for (var time = 0; time < 2; time++) Law.Equal(stock.Of(Inputs(1)), ours.Of(Inputs(1)));
    }

    private void Holds(ModelProto model, int weights, int reads, byte condition)
    {
        var (packed, found) = _files.Packed(model);
        Assert.Equal(weights, found);
        var report = Law.Holds(packed, model, [Inputs(condition)]);
        Assert.Equal(reads, report.Count(line => line.Contains("\tclaimed\t", StringComparison.Ordinal) && line.Contains("com.secateur.SparseWeight", StringComparison.Ordinal)));
        Assert.Equal(model.ToByteArray(), _files.Unpacked(packed).ToByteArray());
    }

    private static TensorProto[] Inputs(byte condition) => [TensorData.Of("x", Draw.Values(new Random(2), 3 * Size), 3, Size), SmallGraphs.Tensor<byte>("c", DataType.Bool, [condition])];

    private static ModelProto Model(params NodeProto[] nodes)
    {
        var random = new Random(1);
        TensorProto Weight(string name) => TensorData.Of(name, Draw.Weights(random, Size, Size, 0.9), Size, Size);
        return SmallGraphs.Of(17, nodes, Inputs(1), [Weight("w"), Weight("u"), SmallGraphs.Tensor<long>("three", DataType.Int64, [3])], ["y"]).Proto;
    }

    private static GraphProto Graph(string output, params NodeProto[] nodes) => SmallGraphs.Graph(nodes, [], [], [Out(output, DataType.Float)]);

    private static ValueInfoProto Out(string name, DataType type) => new() { Name = name, Type = new() { TensorType = new() { ElemType = (int)type } } };

    private static NodeProto Node(string type, string inputs, string output)
    {
        var node = SmallGraphs.Node(type, inputs.Split(' '), [output]);
        node.Name = output;
        return node;
    }
}
