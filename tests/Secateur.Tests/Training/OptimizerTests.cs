using Secateur.Execution;
using Secateur.Pruning;
using Secateur.Testing;
using Secateur.Tests.Tasks;
using Secateur.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tests.Training;

[Collection(nameof(Evaluation.Alone))]
public class OptimizerTests
{
    private static readonly TrainingRecipe Recipe = new() { LearningRate = 0.01, Momentum = 0.9, WeightDecay = 0.05 };

    public OptimizerTests() => Threads.Use(1);

    public static TheoryData<string> Names => [.. Optimizer.All.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Steps_are_those_of_the_library(string name)
    {
        using var scope = NewDisposeScope();
        using var ours = Nets.Classifier();
        using var theirs = Nets.Classifier();
        using var optimizer = Optimizer.All[name](ours.Parameters, Recipe);
        OptimizerHelper peer = name switch
        {
            "sgd" => optim.SGD(theirs.Parameters.Values, 0.01, 0.9, weight_decay: 0.05),
            "adam" => optim.Adam(theirs.Parameters.Values, 0.01, weight_decay: 0.05),
            _ => optim.AdamW(theirs.Parameters.Values, 0.01, weight_decay: 0.05),
        };
        for (var step = 0; step < 20; step++)
        {
            optimizer.Clear();
            Backward(ours, step);
            optimizer.Step(0.01);
            peer.zero_grad();
            Backward(theirs, step);
            peer.step();
        }
        foreach (var (parameter, tensor) in ours.Parameters) Assert.True(tensor.allclose(theirs.Parameters[parameter], 1e-5, 1e-6), parameter);
        peer.Dispose();
    }

    [Theory, MemberData(nameof(Names))]
    public void Restored_state_goes_on_bit_for_bit(string name)
    {
        using var scope = NewDisposeScope();
        using var whole = Nets.Classifier();
        using var broken = Nets.Classifier();
        using var optimizer = Optimizer.All[name](whole.Parameters, Recipe);
        using var first = Optimizer.All[name](broken.Parameters, Recipe);
        Run(whole, optimizer, 0, 12);
        Run(broken, first, 0, 5);
        using var second = Optimizer.All[name](broken.Parameters, Recipe);
        second.Steps = first.Steps;
        foreach (var (state, tensor) in first.State) second.Restore(state, tensor);
        Run(broken, second, 5, 12);
        foreach (var (parameter, tensor) in whole.Parameters) Assert.Equal(tensor.Values(), broken.Parameters[parameter].Values());
    }

    [Theory, MemberData(nameof(Names))]
    public void Masks_hold_after_every_step_and_no_tensor_stays_behind(string name)
    {
        using var data = SmallPictures.Open();
        using var network = Nets.Of([SmallGraphs.Node("Flatten", ["input"], ["f"]), SmallGraphs.Node("Gemm", ["f", "w"], ["h"], ("transB", 1L)),
            SmallGraphs.Node("Relu", ["h"], ["r"]), SmallGraphs.Node("Gemm", ["r", "v"], ["y"], ("transB", 1L))], [4, 1, 8, 8], [("w", [16, 64]), ("v", [4, 16])], 1, "input");
        using var masks = new Masks();
        using (var scope = NewDisposeScope()) masks.Narrow("w", arange(16 * 64).reshape(16, 64).remainder(3).eq(0));
        using var trainer = new Trainer(network, null, Learning.Of(network, data.Train), data.Train, Recipe with { Optimizer = name, Batch = 32, LearningRate = 1e-3 }, masks, 1);
        trainer.Run(0, 2, 100, (_, _) => { }, TestContext.Current.CancellationToken);
        var live = Tensor.TotalCount;
        for (var step = 2; step < 20; step++)
        {
            trainer.Run(step, step + 1, 100, (_, _) => { }, TestContext.Current.CancellationToken);
            var gone = network.Parameters["w"].Values().Where((_, place) => place % 3 != 0);
            Assert.All(gone, value => Assert.Equal(0, BitConverter.SingleToInt32Bits(value) & int.MaxValue));
        }
        Assert.Equal(live, Tensor.TotalCount);
    }

    [Fact]
    public void Divergence_is_said_with_a_lower_rate()
    {
        using var data = SmallPictures.Open();
        using var network = Nets.Of([SmallGraphs.Node("Flatten", ["input"], ["f"]), SmallGraphs.Node("Gemm", ["f", "w"], ["y"], ("transB", 1L))],
            [4, 1, 8, 8], [("w", [4, 64])], 1, "input");
        using var masks = new Masks();
        using var trainer = new Trainer(network, null, Learning.Of(network, data.Train), data.Train,
            Recipe with { Optimizer = "sgd", Batch = 32, LearningRate = 90, WeightDecay = 9, Warmup = 0 }, masks, 1);
        var message = Assert.Throws<SecateurException>(() => trainer.Run(0, 100, 100, (_, _) => { }, TestContext.Current.CancellationToken)).Message;
        Assert.Contains("training diverged before step", message);
        Assert.Contains("--lr 9", message);
    }

    private static void Run(Network network, Optimizer optimizer, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            optimizer.Clear();
            Backward(network, step);
            optimizer.Step(0.01);
        }
    }

    private static void Backward(Network network, int step)
    {
        using var generator = new Generator((ulong)step);
        var x = rand([16, 8], generator: generator);
        functional.cross_entropy(network.Run(new Dictionary<string, Tensor> { ["x"] = x })[0], arange(16).remainder(4)).backward();
    }
}
