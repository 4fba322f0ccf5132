using Secateur.Architectures;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Execution;

/// <summary>A run in segments learns as a plain one does.</summary>
[Collection(nameof(Evaluation.Alone))] // it compares draws of the one generator that all share
public sealed class CheckpointedRunTests
{
    public CheckpointedRunTests() => Threads.Use(1);

    public static TheoryData<string> Graphs => new("resnet-20", "dropout", "early output", "branches", "loop");

    [Theory]
    [MemberData(nameof(Graphs))]
    public void Equals_the_plain_run(string name)
    {
        using var scope = NewDisposeScope();
        var (model, shape) = Model(name);
        using var plain = new Network(model);
        using var cut = new Network(new OnnxModel(model.Proto));
        Assert.True(cut.Segments.All.Length > 1, $"{name} is not cut");
        Dictionary<string, Tensor> inputs = new() { [model.Graph.Inputs[0].Name] = rand(shape, generator: new Generator(3)) };
        for (var step = 0; step < 2; step++)
        {
            foreach (var parameter in plain.Parameters.Values.Concat(cut.Parameters.Values)) parameter.grad = null;
            manual_seed(step);
            var outputs = plain.Run(inputs, new Mode(Training: true));
            Loss(outputs).backward();
            var after = rand(1).item<float>();
            manual_seed(step);
            using var run = cut.RunCheckpointed(inputs, new Mode(Training: true));
            var own = cut.Tensors(run.Outputs);
            run.Backward(Loss(own));
            Assert.Equal(after, rand(1).item<float>()); // the same numbers were drawn
            Assert.All(outputs.Zip(own), pair => Assert.Equal(pair.First.Values(), pair.Second.Values()));
            foreach (var (key, parameter) in plain.Parameters) Close(key, parameter.grad, cut.Parameters[key].grad);
            foreach (var (key, constant) in plain.Constants) Close(key, constant, cut.Constants[key]); // running statistics moved once
        }

        static Tensor Loss(Tensor[] outputs) => outputs.Select((output, i) => output.square().mean() * (i + 1)).Aggregate((sum, next) => sum + next);

        static void Close(string name, Tensor? expected, Tensor? actual) =>
            Assert.True(expected is null || actual is null ? ReferenceEquals(expected, actual) : allclose(expected.to(ScalarType.Float64), actual.to(ScalarType.Float64), rtol: 1e-5, atol: 1e-7), name);
    }

    [Fact]
    public void A_chain_of_n_equal_nodes_is_cut_into_about_the_root_of_n_segments()
    {
        using var network = new Network(Chain(100, "Tanh"));
        Assert.InRange(network.Segments.All.Length, 8, 12);
        Assert.InRange(network.Segments.Share, 0.15, 0.25);
        Assert.Equal(100, network.Segments.All.Sum(segment => segment.Length));
    }

    [Fact]
    public void Again_and_again_holds_no_more()
    {
        using var network = new Network(Chain(30, "Tanh"));
        var first = Step();
        for (var again = 0; again < 3; again++) Assert.Equal(first, Step());

        long Step()
        {
            using (NewDisposeScope())
            {
                using var run = network.RunCheckpointed(new Dictionary<string, Tensor> { ["x"] = ones(2, 3) }, new Mode(Training: true));
                run.Backward(network.Tensors(run.Outputs)[0].sum());
            }
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }
    }

    [Fact]
    public void Holds_less_while_it_runs()
    {
        using var network = new Network(Chain(100, "Tanh"));
        Dictionary<string, Tensor> inputs = new() { ["x"] = ones(1 << 16, 3) };
        using var scope = NewDisposeScope();
        var before = NativeHeap.Bytes;
        using var run = network.RunCheckpointed(inputs, new Mode(Training: true));
        var cut = NativeHeap.Bytes - before;
        var outputs = network.Run(inputs, new Mode(Training: true));
        Assert.InRange(cut, 1, (NativeHeap.Bytes - before - cut) / 2);
        Assert.True(outputs[0].requires_grad); // it holds what its gradient needs until here
    }

    private static (OnnxModel Model, long[] Shape) Model(string name)
    {
        var weights = Enumerable.Range(0, 8).Select(i => TensorData.Of($"w{i}", Numbers(9, i), 3, 3)).ToArray();
        OnnxModel Of(IEnumerable<NodeProto> nodes, IEnumerable<TensorProto> more, params string[] outputs) => SmallGraphs.Of(17, nodes, [TensorData.Of("x", new float[12], 4, 3)], [.. weights, .. more], outputs);
        switch (name)
        {
            case "resnet-20": return (Architecture.All[name].Build(new ArchitectureOptions { InputShape = [1, 16, 16], Classes = 4 }, 1), [3, 1, 16, 16]);
            case "dropout":
                return (Of(Enumerable.Range(0, 8).SelectMany(i => (NodeProto[])
                    [
                        SmallGraphs.Node("Gemm", [i == 0 ? "x" : $"n{i - 1}", $"w{i}"], [$"g{i}"]), SmallGraphs.Node("Dropout", [$"g{i}", "ratio"], [$"d{i}"]),
                        SmallGraphs.Node("BatchNormalization", [$"d{i}", "scale", "bias", $"mean{i}", $"var{i}"], [i == 7 ? "y" : $"n{i}"]),
                    ]),
                    [
                        TensorData.Of("ratio", [0.3f]), TensorData.Of("scale", Numbers(3, 1), 3), TensorData.Of("bias", Numbers(3, 2), 3),
                        .. Enumerable.Range(0, 8).SelectMany(i => (TensorProto[])[TensorData.Of($"mean{i}", Numbers(3, i), 3), TensorData.Of($"var{i}", [1f, 2, 3], 3)]),
                    ], "y"), [4, 3]);
            case "early output":
                return (Of(Enumerable.Range(0, 8).SelectMany(i => (NodeProto[])
                    [SmallGraphs.Node("Gemm", [i == 0 ? "x" : $"t{i - 1}", $"w{i}"], [$"g{i}"]), SmallGraphs.Node("Tanh", [$"g{i}"], [$"t{i}"])]), [], "t7", "t1", "g4"), [4, 3]);
            case "branches": // a value that every later segment reads
                return (Of([.. Enumerable.Range(0, 8).SelectMany(i => (NodeProto[])
                    [
                        SmallGraphs.Node("Gemm", [i == 0 ? "x" : $"s{i - 1}", $"w{i}"], [$"g{i}"]), SmallGraphs.Node("Sigmoid", [$"g{i}"], [$"t{i}"]),
                        SmallGraphs.Node("Add", [$"t{i}", i > 1 ? "t0" : $"g{i}"], [$"s{i}"]),
                    ]), SmallGraphs.Node("Cast", ["s7"], ["whole"], ("to", 7L)), SmallGraphs.Node("Cast", ["whole"], ["back"], ("to", 1L)), SmallGraphs.Node("Add", ["back", "s6"], ["y"])], [], "y"), [4, 3]);
            default: // a loop that captures a value of an earlier segment
                var body = SmallGraphs.Graph(
                    [SmallGraphs.Node("Gemm", ["state", "w7"], ["h"]), SmallGraphs.Node("Mul", ["h", "t0"], ["next"]), SmallGraphs.Node("Identity", ["go"], ["on"])],
                    [SmallGraphs.Tensor("trip", TensorProto.Types.DataType.Int64, [0L]), SmallGraphs.Tensor("go", TensorProto.Types.DataType.Bool, [true]), TensorData.Of("state", new float[12], 4, 3)],
                    [], [new() { Name = "on" }, new() { Name = "next" }]);
                return (Of([.. Enumerable.Range(0, 6).SelectMany(i => (NodeProto[])
                    [SmallGraphs.Node("Gemm", [i == 0 ? "x" : $"t{i - 1}", $"w{i}"], [$"g{i}"]), SmallGraphs.Node("Tanh", [$"g{i}"], [$"t{i}"])]),
                    SmallGraphs.Node("Loop", ["trips", "", "t5"], ["l"], ("body", body)), SmallGraphs.Node("Gemm", ["l", "w6"], ["y"])], [TensorData.Of("trips", [3L])], "y"), [4, 3]);
        }
    }

    /// <summary>Nodes of one kind, one after the other, after a weight.</summary>
    private static OnnxModel Chain(int length, string type) => SmallGraphs.Of(17,
        [
            SmallGraphs.Node("Gemm", ["x", "w"], ["v0"]),
            .. Enumerable.Range(1, length - 1).Select(i => SmallGraphs.Node(type, [$"v{i - 1}"], [$"v{i}"])),
        ],
        [TensorData.Of("x", new float[6], 2, 3)], [TensorData.Of("w", Numbers(9, 1), 3, 3)], [$"v{length - 1}"]);

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
