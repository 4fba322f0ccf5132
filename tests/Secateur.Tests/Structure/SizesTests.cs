using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Structure;
using Secateur.Testing;
using static Secateur.Testing.SmallGraphs;
using static Secateur.Tests.Structure.Law;

namespace Secateur.Tests.Structure;

/// <summary>Sizes that graphs name, compute, share and leave open.</summary>
public sealed class SizesTests
{
    [Theory]
    [InlineData(new long[] { 0, 0, 3, 4 }), InlineData(new long[] { 0, -1, 3, 4 }), InlineData(new long[] { 2, 5, 3, -1 }), InlineData(new long[] { 2, 5, -1, 4 }), InlineData(new long[] { -1, 5, 3, 4 })]
    public void A_target_with_minus_one_and_zero_follows(long[] target) => Holds(Net(
        [
            Node("MatMul", ["x", "w"], ["h"]), Node("Reshape", ["h", "target"], ["heads"]), Node("Softplus", ["heads"], ["bent"]),
            Node("Reshape", ["bent", "back"], ["flat"]), Node("MatMul", ["flat", "v"], ["y"]),
        ],
        [("x", [2, 5, 6])], [("w", [6, 12]), ("v", [12, 7])], [Numbers("target", target), Numbers("back", 2, 5, 12)], ["y"]), 7, Floats("x", new Random(2), 2, 5, 6));

    /// <summary>Two nodes share a target, and come to need different numbers.</summary>
    [Fact]
    public void A_shared_target_is_written_for_each_of_its_nodes() => Holds(Net(
        [
            Node("MatMul", ["x", "w"], ["h"]), Node("Reshape", ["h", "target"], ["a"]), Node("Reshape", ["a", "back"], ["b"]), Node("MatMul", ["b", "v"], ["c"]),
            Node("Tanh", ["c"], ["d"]), Node("Reshape", ["d", "target"], ["e"]), Node("Reshape", ["e", "back"], ["f"]), Node("MatMul", ["f", "u"], ["y"]),
        ],
        [("x", [3, 6])], [("w", [6, 12]), ("v", [12, 12]), ("u", [12, 5])], [Numbers("target", 3, 3, 4), Numbers("back", 3, 12)], ["y"]), 14, Floats("x", new Random(2), 3, 6));

    /// <summary>Heads by arithmetic: shape, gather, division, concatenation; a scale from the root of a size; an open batch other than those looked at.</summary>
    [Theory]
    [InlineData(1), InlineData(3), InlineData(5)]
    public void Sizes_follow_through_arithmetic_and_an_open_batch(long batch) => Holds(Net(
        [
            Node("MatMul", ["x", "q"], ["q0"]), Node("MatMul", ["x", "k"], ["k0"]), Node("MatMul", ["x", "v"], ["v0"]),
            Node("Shape", ["q0"], ["shape"]), Node("Gather", ["shape", "zero"], ["n"]), Node("Gather", ["shape", "one"], ["length"]), Node("Gather", ["shape", "two"], ["width"]),
            Node("Div", ["width", "heads"], ["size"]), Node("Concat", ["n", "length", "heads", "size"], ["target"], ("axis", 0L)),
            Node("Reshape", ["q0", "target"], ["q1"]), Node("Reshape", ["k0", "target"], ["k1"]), Node("Reshape", ["v0", "target"], ["v1"]),
            Node("Transpose", ["q1"], ["q2"], ("perm", new long[] { 0, 2, 1, 3 })), Node("Transpose", ["k1"], ["k2"], ("perm", new long[] { 0, 2, 3, 1 })),
            Node("Transpose", ["v1"], ["v2"], ("perm", new long[] { 0, 2, 1, 3 })),
            Node("Cast", ["size"], ["wide"], ("to", 1L)), Node("Sqrt", ["wide"], ["root"]), Node("MatMul", ["q2", "k2"], ["products"]), Node("Div", ["products", "root"], ["scores"]),
            Node("Softmax", ["scores"], ["weights"], ("axis", -1L)), Node("MatMul", ["weights", "v2"], ["mixed"]), Node("Transpose", ["mixed"], ["turned"], ("perm", new long[] { 0, 2, 1, 3 })),
            Node("Mul", ["heads", "size"], ["all"]), Node("Concat", ["n", "length", "all"], ["back"], ("axis", 0L)), Node("Reshape", ["turned", "back"], ["flat"]), Node("MatMul", ["flat", "o"], ["y"]),
        ],
        [("x", [-1, 4, 6])], [("q", [6, 12]), ("k", [6, 12]), ("v", [6, 12]), ("o", [12, 5])],
        [Numbers("zero", 0), Numbers("one", 1), Numbers("two", 2), Numbers("heads", 3)], ["y"]), 11, Floats("x", new Random(2), batch, 4, 6));

    /// <summary>A first state of zeros, made by arithmetic and cut, as exporters write it for an open batch; a mask by positions beside it, which no size that shrinks changes.</summary>
    [Theory]
    [InlineData(1), InlineData(4)]
    public void A_state_of_zeros_shrinks_with_its_layer(long batch) => Holds(Net(
        [
            Node("MatMul", ["x", "w"], ["h"]), Node("Shape", ["h"], ["shape"]), Node("Gather", ["shape", "one"], ["n"]), Node("Concat", ["layers", "n", "hidden"], ["target"], ("axis", 0L)),
            Node("ConstantOfShape", ["target"], ["zeros"]), Node("Slice", ["zeros", "from", "to", "axis"], ["state"]), Node("GRU", ["h", "wi", "wr", "wb", "", "state"], ["y4"], ("hidden_size", 8L)),
            Node("Squeeze", ["y4", "one"], ["y3"]), Node("Shape", ["y3"], ["shape2"]), Node("Gather", ["shape2", "none"], ["time"]), Node("Range", ["none", "time", "step"], ["places"]),
            Node("Cast", ["places"], ["mask"], ("to", 1L)), Node("Unsqueeze", ["mask", "behind"], ["mask3"]), Node("Mul", ["y3", "mask3"], ["masked"]), Node("MatMul", ["masked", "v"], ["y"]),
        ],
        [("x", [5, -1, 6])], [("w", [6, 10]), ("wi", [1, 24, 10]), ("wr", [1, 24, 8]), ("wb", [1, 48]), ("v", [8, 3])],
        [
            Numbers("one", 1), Numbers("layers", 4), Numbers("hidden", 8), Numbers("from", 0), Numbers("to", 1), Numbers("axis", 0), TensorData.Of("none", [0L]), TensorData.Of("step", [1L]),
            Numbers("behind", 1, 2),
        ], ["y"]), 18, Floats("x", new Random(2), 5, batch, 6));

    [Fact]
    public void A_weight_used_twice_shrinks_for_both() => Holds(Net(
        [Node("MatMul", ["x", "w"], ["a"]), Node("Relu", ["a"], ["b"]), Node("MatMul", ["z", "w"], ["c"]), Node("Add", ["b", "c"], ["d"]), Node("MatMul", ["d", "v"], ["y"]), Node("MatMul", ["b", "v"], ["y2"])],
        [("x", [3, 6]), ("z", [3, 6])], [("w", [6, 8]), ("v", [8, 4])], [], ["y", "y2"]), 8, Floats("x", new Random(2), 3, 6), Floats("z", new Random(3), 3, 6));

    /// <summary>A square weight that is its own follower: what it makes is what it takes.</summary>
    [Fact]
    public void A_weight_in_a_row_with_itself_shrinks_on_both_axes() => Holds(Net(
        [Node("MatMul", ["x", "u"], ["h"]), Node("MatMul", ["h", "w"], ["a"]), Node("Relu", ["a"], ["b"]), Node("MatMul", ["b", "w"], ["c"]), Node("Add", ["c", "h"], ["d"]), Node("MatMul", ["d", "v"], ["y"])],
        [("x", [3, 6])], [("u", [6, 8]), ("w", [8, 8]), ("v", [8, 4])], [], ["y"]), 8, Floats("x", new Random(2), 3, 6));

    [Fact]
    public void Another_name_for_a_weight_is_the_weight() => Holds(Net(
        [Node("Identity", ["w"], ["w1"]), Node("Identity", ["w1"], ["w2"]), Node("MatMul", ["x", "w2"], ["a"]), Node("Relu", ["a"], ["b"]), Node("Transpose", ["vt"], ["v"], ("perm", new long[] { 1, 0 })), Node("MatMul", ["b", "v"], ["y"])],
        [("x", [3, 6])], [("w", [6, 8]), ("vt", [4, 8])], [], ["y"]), 8, Floats("x", new Random(2), 3, 6));

    [Fact]
    public void A_constant_of_a_node_is_a_weight_too() => Holds(Net(
        [
            Node("Constant", [], ["w"], ("value", Floats("", new Random(5), 6, 8))), Node("Constant", [], ["two"], ("value_ints", new long[] { 3, 2, 4 })), Node("MatMul", ["x", "w"], ["a"]),
            Node("Reshape", ["a", "two"], ["b"]), Node("Reshape", ["b", "back"], ["c"]), Node("MatMul", ["c", "v"], ["y"]),
        ],
        [("x", [3, 6])], [("v", [8, 4])], [Numbers("back", 3, 8)], ["y"]), 6, Floats("x", new Random(2), 3, 6));

    [Fact]
    public void A_sparse_weight_shrinks()
    {
        var model = Net([Node("MatMul", ["x", "w"], ["a"]), Node("Relu", ["a"], ["b"]), Node("MatMul", ["b", "v"], ["y"])], [("x", [3, 6])], [("w", [6, 8]), ("v", [8, 4])], [], ["y"]).Model.Proto;
        model.Graph.Initializer.Remove(model.Graph.Initializer.Single(one => one.Name == "w"));
        var values = new float[48];
        for (var place = 0; place < 48; place += 3) values[place] = place % 5 - 2.5f;
        model.Graph.SparseInitializer.Add(SparseTensor.FromDense(TensorData.Of("w", values, 6, 8)));
        Holds(new Network(new OnnxModel(model, "small.onnx")), 8, Floats("x", new Random(2), 3, 6));
    }

    /// <summary>A branch that sees a weight from around it: nothing of that weight's may go, all else may.</summary>
    [Fact]
    public void A_weight_that_a_branch_sees_stays_whole()
    {
        GraphProto Branch(string type) => Graph([Node(type, ["h"], [$"bent_{type}"]), Node("MatMul", [$"bent_{type}", "v"], [$"out_{type}"])], [], [], [new ValueInfoProto { Name = $"out_{type}" }]);
        using var network = Net(
            [
                Node("MatMul", ["x", "u"], ["g"]), Node("Relu", ["g"], ["r"]), Node("MatMul", ["r", "w"], ["h"]), Node("ReduceSum", ["x"], ["sum"], ("keepdims", 0L)), Node("Greater", ["sum", "none"], ["positive"]),
                Node("If", ["positive"], ["y"], ("then_branch", Branch("Relu")), ("else_branch", Branch("Tanh"))),
            ],
            [("x", [3, 6])], [("u", [6, 10]), ("w", [10, 8]), ("v", [8, 4])], [TensorData.Of("none", [0f])], ["y"]);
        using var map = StructureMap.Of(network);
        Assert.Equal([10L], map.FreeDimensions().Select(dimension => dimension.Size));
        Assert.Contains(map.Groups, group => group.Held?.Contains("(If) hands it to a graph that it holds", StringComparison.Ordinal) == true);
        Assert.True(Check(map, Draw(map, 0.5, new Random(1)), [Floats("x", new Random(2), 3, 6)]) > 1e-3);
    }

    [Fact]
    public void Of_a_graph_with_nothing_to_remove_the_edges_are_the_reason()
    {
        using var network = Net([Node("MatMul", ["x", "w"], ["y"])], [("x", [3, 6])], [("w", [6, 8])], [], ["y"]);
        using var map = StructureMap.Of(network);
        Assert.Equal(["it is an axis of the model's output 'y'", "it is an axis of the model's input 'x'"], map.Groups.Select(group => group.Held).OrderByDescending(held => held!.Length));
        Assert.Empty(map.FreeDimensions());
    }

    [Fact]
    public void With_nothing_removed_the_model_is_the_same()
    {
        using var network = Nets.Classifier();
        using var map = StructureMap.Of(network);
        foreach (var kept in (Dictionary<Dimension, bool[]>[])[[], map.FreeDimensions().ToDictionary(one => one, one => Enumerable.Repeat(true, (int)one.Size).ToArray())])
        {
            Assert.Equal(network.Model.Proto, new Removal(map, kept).Apply(network.Model).Proto);
            Assert.Equal(network.Model.Proto, new Removal(map, kept).Mask(network.Model).Proto);
        }
    }

    /// <summary>What divides in no way is held with its reason, and nothing is removed wrongly.</summary>
    [Fact]
    public void Axes_that_divide_each_other_in_no_way_are_held()
    {
        using var network = Net([Node("MatMul", ["x", "w"], ["h"]), Node("Reshape", ["h", "odd"], ["a"]), Node("Relu", ["a"], ["b"]), Node("Reshape", ["b", "even"], ["c"]), Node("MatMul", ["c", "v"], ["y"])],
            [("x", [2, 5])], [("w", [5, 9]), ("v", [6, 3])], [Numbers("odd", 6, 3), Numbers("even", 3, 6)], ["y"]);
        using var map = StructureMap.Of(network);
        Assert.Contains(map.Groups, group => group.Held?.Contains("joins axes that divide each other in no way", StringComparison.Ordinal) == true);
        Check(map, Draw(map, 0.5, new Random(1)), [Floats("x", new Random(2), 2, 5)]);
    }

    /// <summary>A place that the data decides cannot follow an axis that shrinks.</summary>
    [Fact]
    public void A_cut_that_the_data_decides_holds_its_axis()
    {
        using var network = Net([Node("MatMul", ["x", "w"], ["h"]), Node("Slice", ["h", "from", "to", "axis"], ["a"]), Node("ReduceSum", ["a"], ["y"], ("keepdims", 0L))],
            [("x", [2, 5])], [("w", [5, 9])], [Numbers("from", 0), Numbers("axis", 1), Numbers("to", 4)], ["y"]);
        network.Model.Proto.Graph.Initializer.RemoveAt(network.Model.Proto.Graph.Initializer.Count - 1);
        network.Model.Proto.Graph.Input.Add(Describe(Numbers("to", 4)));
        using var open = new Network(new OnnxModel(network.Model.Proto, "small.onnx"));
        using var map = StructureMap.Of(open);
        Assert.Contains("(Slice) cuts it where the data decides", Assert.Single(map.Groups, group => group.Name == "w" && group.Size == 9).Held);
    }

    /// <summary>Places, as many as the data is long, through weights that shrink: what is computed from them changes, but by no size.</summary>
    [Theory]
    [InlineData(16), InlineData(23)]
    public void Places_through_a_weight_that_shrinks_follow(long length) => Holds(Net(
        [
            Node("MatMul", ["x", "w"], ["h"]), Node("Shape", ["h"], ["shape"]), Node("Gather", ["shape", "one"], ["n"]), Node("Range", ["none", "n", "step"], ["places"]), Node("Cast", ["places"], ["real"], ("to", 1L)),
            Node("Unsqueeze", ["real", "behind"], ["column"]), Node("MatMul", ["column", "rates"], ["angles"]), Node("Sin", ["angles"], ["waves"]), Node("MatMul", ["waves", "p"], ["lifted"]),
            Node("Add", ["h", "lifted"], ["sum"]), Node("Tanh", ["sum"], ["bent"]), Node("MatMul", ["bent", "v"], ["y"]),
        ],
        [("x", [2, -1, 6])], [("w", [6, 48]), ("rates", [1, 64]), ("p", [64, 48]), ("v", [48, 5])],
        [TensorData.Of("one", [1L]), TensorData.Of("none", [0L]), TensorData.Of("step", [1L]), Numbers("behind", 1)], ["y"]), 112, Floats("x", new Random(2), 2, length, 6));

    /// <summary>It has no inputs, so it is computed wherever sizes are, and is no tensor.</summary>
    [Fact]
    public void A_graph_that_begins_with_an_empty_sequence_is_looked_at() => Holds(Net(
        [
            Node("SequenceEmpty", [], ["none"]), Node("MatMul", ["x", "w"], ["h"]), Node("Relu", ["h"], ["r"]), Node("MatMul", ["r", "v"], ["o"]),
            Node("SequenceInsert", ["none", "o"], ["one"]), Node("ConcatFromSequence", ["one"], ["y"], ("axis", 0L)),
        ],
        [("x", [3, 6])], [("w", [6, 12]), ("v", [12, 5])], [], ["y"]), 12, Floats("x", new Random(2), 3, 6));
}
