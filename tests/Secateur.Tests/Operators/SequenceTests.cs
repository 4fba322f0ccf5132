using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using Secateur.Structure;
using Secateur.Testing;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static Secateur.Testing.SmallGraphs;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Sequences of tensors: that they run as ONNX Runtime runs them, pass through control flow, carry gradients, and hold no memory.</summary>
public sealed class SequenceTests
{
    private static readonly TensorProto X = TensorData.Of("x", [.. Enumerable.Range(0, 20).Select(i => i % 7 - 3 + 0.25f * i)], 5, 4);

    public SequenceTests() => Threads.Use(1);

    private static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    [Theory]
    [InlineData(0, 1, null), InlineData(1, 0, null), InlineData(-1, 1, null), InlineData(0, 1, 2L), InlineData(1, 1, 3L), InlineData(0, 1, 7L)]
    public void Split_into_equal_parts_equals_ONNX_Runtime(long axis, long keep, long? size) =>
        Same([Split(axis, keep, size is null ? "x" : "x,size"), .. Looked(-1)], size is { } part ? [Scalar("size", part)] : []);

    [Theory, InlineData(0, 3L, 1L, 1L), InlineData(1, 1L, 1L, 2L), InlineData(-2, 2L, 0L, 3L)]
    public void Split_into_parts_of_given_sizes_equals_ONNX_Runtime(long axis, long first, long second, long third) =>
        Same([Split(axis, 1, "x,sizes"), .. Looked(-1)], [TensorData.Of("sizes", [first, second, third], 3)]);

    [Theory, InlineData(0, 0), InlineData(1, 0), InlineData(-1, 0), InlineData(0, 1), InlineData(2, 1), InlineData(-1, 1)]
    public void Concat_equals_ONNX_Runtime(long axis, long newAxis) => Same(
        [Node("Neg", ["x"], ["minus"]), Node("SequenceConstruct", ["x", "minus", "x"], ["s"]), Node("ConcatFromSequence", ["s"], ["y"], ("axis", axis), ("new_axis", newAxis))], [], "y");

    [Theory, InlineData(null), InlineData(0L), InlineData(1L), InlineData(2L), InlineData(-1L), InlineData(-2L)]
    public void Insert_equals_ONNX_Runtime(long? position) => Same(
        [.. Pair, Node("SequenceInsert", position is null ? ["pair", "x"] : ["pair", "x", "position"], ["s"]), .. Looked(1)], position is { } place ? [Scalar("position", place)] : []);

    [Theory, InlineData(null), InlineData(0L), InlineData(1L), InlineData(-1L), InlineData(-2L)]
    public void Erase_equals_ONNX_Runtime(long? position) => Same(
        [.. Pair, Node("SequenceErase", position is null ? ["pair"] : ["pair", "position"], ["s"]), .. Looked(0)], position is { } place ? [Scalar("position", place)] : []);

    [Theory, InlineData(0), InlineData(1), InlineData(4)]
    public void Loop_that_builds_a_sequence_equals_ONNX_Runtime(long trips) => Same(Building(trips));

    [Theory, InlineData(true), InlineData(false)]
    public void If_gives_the_sequence_of_its_branch_as_ONNX_Runtime(bool condition)
    {
        GraphProto Branch(string type) => Graph([Node(type, ["x"], ["changed"]), Node("SequenceInsert", ["pair", "changed"], ["out"])], [], [], [Sequences("out")]);
        Same([.. Pair, Node("If", ["cond"], ["chosen"], ("then_branch", Branch("Abs")), ("else_branch", Branch("Exp"))), Node("Identity", ["chosen"], ["s"]), .. Looked(2)],
            [Tensor<bool>("cond", DataType.Bool, [condition])]);
    }

    [Fact]
    public void Gradients_flow_through_a_sequence_that_a_loop_builds()
    {
        using var scope = NewDisposeScope();
        using var network = new Network(Building(4));
        var x = X.ToTorch().requires_grad_();
        network.Run(new Dictionary<string, Tensor> { ["x"] = x })[1].square().sum().backward();
        // y is x itself, then the rows 0 to 3 times themselves
        var rows = x.detach()[..4];
        var expected = 2 * x.detach();
        expected[..4].add_(4 * rows.pow(3));
        Assert.True(allclose(x.grad!, expected), $"expected {expected.cstr()}, was {x.grad!.cstr()}");
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_run_again_holds_no_more(bool training)
    {
        using var network = new Network(Building(4));
        var first = Step();
        for (var again = 0; again < 3; again++) Assert.Equal(first, Step());

        long Step()
        {
            using (NewDisposeScope())
            {
                using var frozen = training ? null : no_grad();
                var y = network.Run(new Dictionary<string, Tensor> { ["x"] = X.ToTorch().requires_grad_(training) });
                if (training) y[1].sum().backward();
            }
            return Live;
        }
    }

    [Fact]
    public void Outside_of_autograd_a_sequence_is_freed_with_all_that_it_holds()
    {
        Assert.Equal(Left(1), Left(5));

        long Left(long trips)
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            using var network = new Network(Building(trips));
            var inputs = new Dictionary<string, Tensor> { ["x"] = X.ToTorch() };
            var before = Live;
            network.Run(inputs);
            return Live - before;
        }
    }

    [Fact]
    public void Nothing_that_enters_or_leaves_a_sequence_shrinks()
    {
        var weight = TensorData.Of("w", [.. Enumerable.Range(0, 24).Select(i => i / 24f)], 4, 6);
        var model = SmallGraphs.Of(16, [Node("MatMul", ["x", "w"], ["h"]), Node("SequenceConstruct", ["h", "h"], ["s"]), Node("Identity", ["s"], ["same"]),
            Node("ConcatFromSequence", ["same"], ["joined"], ("axis", 1L)), Node("MatMul", ["joined", "v"], ["y"])],
            [X], [weight, TensorData.Of("v", new float[36], 12, 3)], ["y"]);
        using var network = new Network(model);
        var shapes = Shapes.Of(network);
        Assert.Equal([5, 12], shapes["joined"]);
        Assert.False(shapes.Has("s"));
        Assert.Equal(1, shapes.Runs(model.Graph.Nodes[1]));
        using var map = StructureMap.Of(network);
        Assert.Empty(map.FreeDimensions());
        Assert.Contains(map.Groups, group => group.Held?.EndsWith("(SequenceConstruct) reads or makes a sequence", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Faults_are_told_with_node_and_mend()
    {
        void Told(string message, params NodeProto[] nodes)
        {
            using var scope = NewDisposeScope();
            using var network = new Network(SmallGraphs.Of(16, nodes, [X], [Scalar("far", 9), TensorData.Of("three", [3L, 3], 2)], [nodes[^1].Output[0]]));
            Assert.Equal(message, Assert.Throws<SecateurException>(() => network.Run(new Dictionary<string, Tensor> { ["x"] = X.ToTorch() })).Message);
        }

        var one = Node("SequenceConstruct", ["x"], ["s"]);
        Told("node 'neg' (Neg): input 0 is a sequence of 1, a tensor is needed; export the model again", one, Node("Neg", ["s"], ["y"]));
        Told("node 'sequencelength' (SequenceLength): input 0 is [5, 4], a sequence is needed; export the model again", Node("SequenceLength", ["x"], ["y"]));
        Told("node 'sequenceat' (SequenceAt): position 9 is not among the 1 of its sequence; check the data's shape against the model's inputs",
            one, Node("SequenceAt", ["s", "far"], ["y"]));
        Told("node 'sequenceat' (SequenceAt): its position has shape [2], one number is needed; export the model again", one, Node("SequenceAt", ["s", "three"], ["y"]));
        Told("node 'splittosequence' (SplitToSequence): cannot cut axis 0 of size 5 into [3, 3]; check the data's shape against the model's inputs",
            Split(0, 1, "x,three"), Node("SequenceLength", ["s"], ["y"]));
        Told("node 'concatfromsequence' (ConcatFromSequence): joins a sequence of no tensors; check the data's shape against the model's inputs",
            Node("SequenceEmpty", [], ["s"]), Node("ConcatFromSequence", ["s"], ["y"], ("axis", 0L)));
        Told("node 'sequenceconstruct' (SequenceConstruct): a sequence is of one type, not of Float32 and Int64; export the model again",
            Node("SequenceConstruct", ["x", "far"], ["s"]), Node("SequenceLength", ["s"], ["y"]));
        Told("small.onnx: output 's' is a sequence of tensors; export the model with tensors as its outputs", one);
    }

    private static NodeProto[] Pair => [Node("Neg", ["x"], ["minus"]), Node("Abs", ["x"], ["size_of"]), Node("SequenceConstruct", ["minus", "size_of"], ["pair"])];

    /// <summary>The length of the sequence s, and its tensor at a place.</summary>
    private static NodeProto[] Looked(long place) =>
        [Node("SequenceLength", ["s"], ["length"]), Node("Constant", [], ["place"], ("value", Scalar("", place))), Node("SequenceAt", ["s", "place"], ["y"])];

    private static NodeProto Split(long axis, long keep, string inputs) => Node("SplitToSequence", inputs.Split(','), ["s"], ("axis", axis), ("keepdims", keep));

    /// <summary>A sequence that begins with x; each trip adds the trip's row of x, from a sequence that it captures, times itself.</summary>
    private static OnnxModel Building(long trips)
    {
        var body = Graph(
            [Node("SequenceAt", ["rows", "trip"], ["row"]), Node("Mul", ["row", "row"], ["square"]), Node("SequenceInsert", ["so_far", "square"], ["more"]), Node("Identity", ["going"], ["go"])],
            [Scalar("trip", 0), Tensor<bool>("going", DataType.Bool, [true])], [], [Describe(Tensor<bool>("go", DataType.Bool, [true])), Sequences("more")]);
        body.Input.Add(Sequences("so_far"));
        return SmallGraphs.Of(16,
            [Node("SplitToSequence", ["x"], ["rows"], ("axis", 0L)), Node("SequenceEmpty", [], ["none"]), Node("SequenceInsert", ["none", "x"], ["start"]),
                Node("Loop", ["trips", "", "start"], ["s"], ("body", body)), Node("SequenceLength", ["s"], ["length"]), Node("ConcatFromSequence", ["s"], ["y"], ("axis", 0L)),
                Node("SequenceAt", ["s", "zero"], ["first"])],
            [X], [Scalar("trips", trips), Scalar("zero", 0)], ["length", "y", "first"]);
    }

    private static TensorProto Scalar(string name, long value) => Tensor<long>(name, DataType.Int64, [value]);

    private static ValueInfoProto Sequences(string name) => new()
    {
        Name = name,
        Type = new() { SequenceType = new() { ElemType = new() { TensorType = new() { ElemType = (int)DataType.Float } } } },
    };

    private static void Same(NodeProto[] nodes, TensorProto[] constants, params string[] outputs) =>
        Same(SmallGraphs.Of(16, nodes, [X], constants, outputs is [] ? ["length", "y"] : outputs));

    private static void Same(OnnxModel model)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = new Network(model);
        var ours = network.Run(new Dictionary<string, Tensor> { ["x"] = X.ToTorch() });
        var theirs = StockRuntime.Run(model, [X]);
        Assert.Equal(theirs.Length, ours.Length);
        Assert.Null(NodeCase.Difference(theirs, ours));
    }
}
