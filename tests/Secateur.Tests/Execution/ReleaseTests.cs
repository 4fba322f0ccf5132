using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Execution;

/// <summary>A run holds no more than its outputs and what their gradients need.</summary>
[Collection(nameof(Evaluation.Alone))] // it counts the memory of the whole process
public sealed class ReleaseTests
{
    private const int Rows = 1 << 16, Width = 8;

    public ReleaseTests() => Threads.Use(1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Only_outputs_are_left_of_a_run(bool learns)
    {
        using var network = new Network(Scattered(6));
        Dictionary<string, Tensor> inputs = new() { ["x"] = rand(4, Width), ["places"] = Places(4) };
        using var scope = NewDisposeScope();
        using var mode = learns ? enable_grad() : no_grad();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var outputs = network.Run(inputs, new Mode(Training: learns));
        Assert.Equal(learns, outputs[0].requires_grad);
        Assert.Equal(before + outputs.Length, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    /// <summary>ScatterND makes places of its own, several times as large as its data, which a run once held to its end.</summary>
    [Fact]
    public void What_an_operator_makes_on_its_way_ends_with_its_node()
    {
        using var network = new Network(Scattered(6));
        Dictionary<string, Tensor> inputs = new() { ["x"] = rand(Rows, Width), ["places"] = Places(Rows) };
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var held = Median(() =>
        {
            var (before, most) = (NativeHeap.Bytes, 0L);
            network.Run(inputs, default, (_, _, _) => most = Math.Max(most, NativeHeap.Bytes - before));
            return most;
        });
        Assert.InRange(held, Rows * Width * sizeof(float), 3.5 * Rows * Width * sizeof(float)); // a node's input and output, and what else is small
    }

    [Fact]
    public void A_step_holds_nothing_that_its_gradient_does_not_need()
    {
        using var network = new Network(SmallGraphs.Of(17,
            [.. Enumerable.Range(0, 10).Select(i => SmallGraphs.Node("Add", [i == 0 ? "x" : $"v{i - 1}", "bias"], [$"v{i}"])), SmallGraphs.Node("Relu", ["v9"], ["y"])],
            [TensorData.Of("x", new float[Width], 1, Width)], [TensorData.Of("bias", new float[Width], Width)], ["y"]));
        Dictionary<string, Tensor> inputs = new() { ["x"] = rand(Rows, Width) };
        Assert.InRange(HeldByAStep(network, inputs), 1, 1.5 * Rows * Width * sizeof(float));
    }

    /// <summary>Kernels are laid out anew when a network is made; the copies before it once lived as long as the caller's scope.</summary>
    [Fact]
    public void Nothing_is_left_of_a_network_that_has_gone()
    {
        using var scope = NewDisposeScope();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var network = new Network(SmallGraphs.Of(17, [SmallGraphs.Node("Conv", ["x", "w", "b"], ["c"]), SmallGraphs.Node("Mul", ["c", "two"], ["d"]), SmallGraphs.Node("Neg", ["two"], ["folded"]), SmallGraphs.Node("Mul", ["d", "folded"], ["y"])],
            [TensorData.Of("x", new float[27], 1, 3, 3, 3)], [TensorData.Of("w", new float[54], 2, 3, 3, 3), TensorData.Of("b", [1f, 2f], 2), TensorData.Of("two", [2f], 1)], ["y"])))
            Assert.True(DisposeScopeManager.Statistics.ThreadTotalLiveCount > before);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    /// <summary>A detector cuts a thousand regions out of one picture, of which each once kept a copy of it for the gradient.</summary>
    [Fact]
    public void Regions_keep_no_copies_of_the_picture_that_they_are_cut_out_of()
    {
        const int Regions = 200, Channels = 32, Side = 64, Cells = 7;
        using var network = new Network(SmallGraphs.Of(16, [SmallGraphs.Node("Mul", ["x", "scale"], ["picture"]),
            SmallGraphs.Node("RoiAlign", ["picture", "regions", "pictures"], ["y"], ("output_height", (long)Cells), ("output_width", (long)Cells), ("sampling_ratio", 2L))],
            [TensorData.Of("x", new float[Channels], 1, Channels, 1, 1), TensorData.Of("regions", new float[4], 1, 4), TensorData.Of("pictures", [0L], 1)], [TensorData.Of("scale", Enumerable.Repeat(2f, Channels).ToArray(), 1, Channels, 1, 1)], ["y"]));
        Dictionary<string, Tensor> inputs = new()
        {
            ["x"] = rand(1, Channels, Side, Side),
            ["regions"] = tensor([0.3f, 1.2f, 20f, 30f]).expand(Regions, 4).contiguous(),
            ["pictures"] = zeros(Regions, int64),
        };
        Assert.InRange(HeldByAStep(network, inputs), 1, 4L * Regions * Channels * Cells * Cells * sizeof(float)); // the picture takes 0.4 of the outputs, copies of it would take 84 times as much
    }

    private static long HeldByAStep(Network network, Dictionary<string, Tensor> inputs) => Median(() =>
    {
        using var scope = NewDisposeScope();
        var before = NativeHeap.Bytes;
        var outputs = network.Run(inputs, new Mode(Training: true));
        Assert.True(outputs[0].requires_grad);
        return NativeHeap.Bytes - before;
    });

    /// <summary>Of five measurements: the runtime's own threads, which compile and collect, take memory from the same heap and give it back when they like.</summary>
    private static long Median(Func<long> measure) => Enumerable.Range(0, 5).Select(_ => measure()).Order().ElementAt(2);

    /// <summary>Rows written anew, time and again.</summary>
    private static OnnxModel Scattered(int count) => SmallGraphs.Of(17,
        [
            SmallGraphs.Node("MatMul", ["x", "w"], ["v0"]),
            .. Enumerable.Range(1, count).Select(i => SmallGraphs.Node("ScatterND", [$"v{i - 1}", "places", $"v{i - 1}"], [i == count ? "y" : $"v{i}"])),
        ],
        [TensorData.Of("x", new float[Width], 1, Width), TensorData.Of("places", [0L], 1, 1)], [TensorData.Of("w", [.. Enumerable.Range(0, Width * Width).Select(i => i % 7 - 3f)], Width, Width)], ["y"]);

    private static Tensor Places(long rows) => arange(rows, int64).reshape(rows, 1);
}
