using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static Secateur.Testing.SmallGraphs;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Graphs inside nodes: that they run as ONNX Runtime runs them, learn, are pruned, and hold no memory.</summary>
public sealed class ControlFlowTests
{
    private static readonly float[] Steps = [.. Enumerable.Range(0, 24).Select(i => i % 7 - 3 + 0.25f * i)];

    public ControlFlowTests() => Threads.Use(1);

    private static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    [Theory]
    [InlineData(3, true, null), InlineData(3, false, null), InlineData(0, true, null), InlineData(null, true, 3.5f), InlineData(2, null, null), InlineData(5, true, 2.5f)]
    public void Loop_equals_ONNX_Runtime(int? trips, bool? condition, float? until) => Same(LoopModel(trips, condition, until), Inputs(trips, condition));

    [Theory, InlineData(true), InlineData(false)]
    public void If_equals_ONNX_Runtime_where_both_branches_use_the_same_names(bool condition)
    {
        GraphProto Branch(string type, float by) => Graph([Node(type, ["x", "by"], ["middle"]), Node("MatMul", ["middle", "w"], ["out"])], [], [TensorData.Of("by", [by])], [Out("out", 2, 3)]);
        var model = SmallGraphs.Of(16, [Node("Mul", ["given", "given"], ["x"]), Node("If", ["cond"], ["y"], ("then_branch", Branch("Add", 2)), ("else_branch", Branch("Mul", 3)))],
            [TensorData.Of("given", Steps[..6], 2, 3), Bool("cond", condition)], [TensorData.Of("w", Steps[5..14], 3, 3)], ["y"]);
        Assert.Equal(["by", "if/by", "w"], model.Graph.Constants.Keys.Order());
        Assert.Equal(["x", "w"], model.Graph.Nodes[1].Captured);
        Same(model, [TensorData.Of("given", Steps[..6], 2, 3), Bool("cond", condition)]);
    }

    [Theory]
    [InlineData(0, 0, 0, 0), InlineData(1, 0, 1, 0), InlineData(0, 1, 0, 1), InlineData(-1, 1, -1, 1), InlineData(1, 1, 0, 0)]
    public void Scan_equals_ONNX_Runtime(long inputAxis, long inputDirection, long outputAxis, long outputDirection)
    {
        var x = TensorData.Of("x", Steps[..6], 2, 3);
        var size = inputAxis == 0 ? 3 : 2;
        var model = SmallGraphs.Of(16, [Node("Scan", ["start", "x"], ["sum", "sums"], ("body", Body(size)), ("num_scan_inputs", 1L), ("scan_input_axes", new[] { inputAxis }),
            ("scan_input_directions", new[] { inputDirection }), ("scan_output_axes", new[] { outputAxis }), ("scan_output_directions", new[] { outputDirection }))],
            [x, TensorData.Of("start", Steps[..size], size)], [], ["sum", "sums"]);
        Same(model, [x, TensorData.Of("start", Steps[..size], size)]);
    }

    [Theory, InlineData(false, 0), InlineData(true, 0), InlineData(true, 1)]
    public void Scan_of_operator_set_8_equals_ONNX_Runtime(bool lengths, long direction)
    {
        TensorProto[] inputs = [TensorData.Of("start", Steps[..4], 2, 2), TensorData.Of("x", Steps[..12], 2, 3, 2), TensorData.Of("lengths", [3L, 2], 2)];
        if (!lengths) inputs = inputs[..2];
        var model = SmallGraphs.Of(8, [Node("Scan", [lengths ? "lengths" : "", "start", "x"], ["sum", "sums"], ("body", Body(2)), ("num_scan_inputs", 1L), ("directions", new[] { direction }))],
            inputs, [], ["sum", "sums"]);
        Same(model, inputs);
    }

    [Fact]
    public void Weights_inside_are_learned_shown_and_stored()
    {
        var model = LoopModel(3, null, null);
        var before = model.Graph.Constants["w"].ToArray<float>();
        using (var network = new Network(model))
        {
            using var scope = NewDisposeScope();
            Assert.Equal(["w"], network.Weights.Select(weight => weight.Name));
            var y = Run(network, Inputs(3, null))[0];
            y.square().sum().backward();
            using var frozen = no_grad();
            var (weight, gradient) = (network.Weights[0].Tensor, network.Weights[0].Tensor.grad!);
            for (var i = 0; i < 9; i++)
            {
                var place = weight.view(-1)[i];
                place.add_(1e-2);
                var above = Run(network, Inputs(3, null))[0].square().sum().item<float>();
                place.sub_(2e-2);
                var below = Run(network, Inputs(3, null))[0].square().sum().item<float>();
                place.add_(1e-2);
                Assert.Equal((above - below) / 2e-2, gradient.view(-1)[i].item<float>(), 0.02 * Math.Max(1, Math.Abs(above)));
            }
            weight.mul_(0);
            network.Store();
        }
        Assert.NotEqual(before, new OnnxModel(model.Proto).Graph.Constants["w"].ToArray<float>());
        var layer = Assert.Single(Inspection.Of(LoopModel(3, null, null), new Dictionary<string, long[]> { ["state"] = [2, 3] }).Layers);
        Assert.Equal(("w", 0L), (layer.Name, layer.Macs)); // on zeros the loop makes no trip
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_run_again_holds_no_more(bool training)
    {
        using var network = new Network(LoopModel(4, true, null));
        var first = Step();
        for (var again = 0; again < 3; again++) Assert.Equal(first, Step());

        long Step()
        {
            using (NewDisposeScope())
            {
                using var frozen = training ? null : no_grad();
                var y = Run(network, Inputs(4, true));
                if (training) y[0].sum().backward();
            }
            return Live;
        }
    }

    [Fact]
    public void Outside_of_autograd_a_trip_leaves_its_outputs_alone()
    {
        const int Stacked = 2;
        Assert.Equal(Peak(3) + 6 * Stacked, Peak(9));

        long Peak(int trips)
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            using var network = new Network(LoopModel(trips, true, null));
            var (before, peak) = (Live, 0L);
            network.Run(Inputs(trips, true).ToDictionary(input => input.Name, input => input.ToTorch()), default, (_, _, _) => peak = Math.Max(peak, Live - before));
            return peak;
        }
    }

    [Fact]
    public void Broken_bodies_are_told_with_node_and_mend()
    {
        void Told(NodeProto node, string message)
        {
            using var scope = NewDisposeScope();
            var model = SmallGraphs.Of(16, [node], [TensorData.Of("x", Steps[..6], 2, 3), Bool("cond", true), TensorData.Of("trips", [2L])], [], node.Output);
            using var network = new Network(model);
            var error = Assert.Throws<SecateurException>(() => Run(network, [TensorData.Of("x", Steps[..6], 2, 3), Bool("cond", true), TensorData.Of("trips", [2L])]));
            Assert.Equal($"node '{node.Name}' ({node.OpType}): {message}", error.Message);
        }

        Told(Node("If", ["cond"], ["y"]), "attribute then_branch holds no graph; export the model again");
        Told(Node("If", ["x"], ["y"]), "its condition is Float32 [2, 3], one bool is needed; export the model again");
        Told(Node("If", ["cond"], ["y", "z"], ("then_branch", Graph([Node("Neg", ["x"], ["n"])], [], [], [Out("n", 2, 3)]))),
            "its then_branch gives 1 values, 2 are needed; export the model again");
        Told(Node("Loop", ["trips", "", "x"], ["y"], ("body", Body(3))), "its body takes 2 values; trip, condition and 1 states are handed to it, export the model again");
        Told(Node("Loop", ["x", "", "x"], ["y"], ("body", Body(3))), "a shape or axis is of type Float32, integers are needed; export the model again");
        Told(Node("Scan", ["x", "x"], ["y"], ("body", Body(3)), ("num_scan_inputs", 1L), ("scan_input_axes", new[] { 5L })),
            "axis 5 is not among the 2 axes of its input; check the data's shape against the model's inputs");
        Told(Node("Scan", ["x", "x"], ["y"], ("body", Body(3)), ("num_scan_inputs", 7L)), "scans 7 of 2 inputs and has 1 outputs; export the model again");
    }

    /// <summary>state → state·w + bias (captured) for some trips, an If inside; also gives each state, and the trip.</summary>
    private static OnnxModel LoopModel(int? trips, bool? condition, float? until)
    {
        GraphProto Branch(string type) => Graph([Node(type, ["product"], ["inner"])], [], [], [Out("inner", 2, 3)]);
        List<NodeProto> nodes =
        [
            Node("MatMul", ["s", "w"], ["product"]),
            Node("ReduceSum", ["product"], ["total"], ("keepdims", 0L)),
            Node("Greater", ["total", "zero"], ["positive"]),
            Node("If", ["positive"], ["chosen"], ("then_branch", Branch("Neg")), ("else_branch", Branch("Identity"))),
            Node("Add", ["chosen", "captured"], ["next"]),
            Node("Neg", ["next"], ["each"]),
            Node("Cast", ["trip"], ["trip_out"], ("to", 1L)),
        ];
        nodes.Add(until is null ? Node("Identity", ["going"], ["go"]) : Node("Less", ["trip_out", "until"], ["go"]));
        var body = Graph(nodes, [TensorData.Of("trip", [0L]), Bool("going", true), TensorData.Of("s", Steps[..6], 2, 3)],
            [TensorData.Of("w", [.. Steps[3..12].Select(value => value / 4)], 3, 3), TensorData.Of("zero", [0f]), TensorData.Of("until", [until ?? 0])],
            [Describe(Bool("go", true)), Out("next", 2, 3), Out("each", 2, 3), Describe(TensorData.Of("trip_out", [0f]))]);
        return SmallGraphs.Of(16,
            [Node("Neg", ["state"], ["captured"]), Node("Loop", [trips is null ? "" : "trips", condition is null ? "" : "cond", "state"], ["last", "states", "trips_seen"], ("body", body))],
            Inputs(trips, condition), [], ["last", "states", "trips_seen"]);
    }

    private static TensorProto[] Inputs(int? trips, bool? condition) =>
    [
        TensorData.Of("state", Steps[..6], 2, 3),
        .. trips is { } most ? [TensorData.Of("trips", [(long)most])] : Array.Empty<TensorProto>(),
        .. condition is { } holds ? [Bool("cond", holds)] : Array.Empty<TensorProto>(),
    ];

    /// <summary>The sum so far is state and output.</summary>
    private static GraphProto Body(long size) => Graph([Node("Add", ["sum_in", "next"], ["sum_out"]), Node("Identity", ["sum_out"], ["sum_seen"])],
        [TensorData.Of("sum_in", new float[size], size), TensorData.Of("next", new float[size], size)], [], [Out("sum_out", size), Out("sum_seen", size)]);

    private static ValueInfoProto Out(string name, params long[] shape) => Describe(Tensor<float>(name, DataType.Float, [], shape));

    private static TensorProto Bool(string name, bool value) => Tensor<bool>(name, DataType.Bool, [value]);

    private static Tensor[] Run(Network network, TensorProto[] inputs) => network.Run(inputs.ToDictionary(input => input.Name, input => input.ToTorch()));

    private static void Same(OnnxModel model, TensorProto[] inputs)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = new Network(model);
        Assert.Null(NodeCase.Difference(StockRuntime.Run(model, inputs), Run(network, inputs)));
    }
}
