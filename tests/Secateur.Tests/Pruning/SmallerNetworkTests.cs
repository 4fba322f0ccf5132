using Secateur.Criteria;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Pruning;
using Secateur.Schedules;
using Secateur.Testing;
using Secateur.Tests.Evaluation;
using Secateur.Tests.Tasks;
using Secateur.Training;
using static TorchSharp.torch;

namespace Secateur.Tests.Pruning;

[Collection(nameof(Alone))]
public sealed class SmallerNetworkTests(LayerPruningTests.Residual residual) : IClassFixture<LayerPruningTests.Residual>
{
    [Theory]
    [InlineData("channel", "sgd"), InlineData("channel", "adamw"), InlineData("layer", "sgd")]
    public void It_learns_what_the_whole_network_learns_under_masks(string granularity, string optimizer)
    {
        Threads.Use(1);
        var cancel = TestContext.Current.CancellationToken;
        var recipe = new Recipe { Granularity = granularity, Macs = 0.6, Criterion = "magnitude" };
        var training = new TrainingRecipe { Optimizer = optimizer, Batch = 50, LearningRate = optimizer == "sgd" ? 0.02 : 1e-4, WeightDecay = 1e-3 };
        using Network masked = new(OnnxModel.Load(residual.Model), takesOver: true), whole = new(OnnxModel.Load(residual.Model), takesOver: true);
        using Masks masks = new(), others = new(), none = new();
        using var first = new Pruned(masked, residual, recipe, masks, cancel);
        using var second = new Pruned(whole, residual, recipe, others, cancel);
        var before = masked.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.Values());

        using (var trainer = new Trainer(masked, null, Learning.Of(masked, residual.Data.Train), residual.Data.Train, training, masks, 3)) trainer.Run(0, 6, 6, (_, _) => { }, cancel);
        using (var smaller = second.Step.Smaller(others)!)
        {
            Assert.True(smaller.Network.Parameters.Values.Sum(parameter => parameter.numel()) < 0.9 * whole.Parameters.Values.Sum(parameter => parameter.numel()));
            using var trainer = new Trainer(smaller.Network, null, Learning.Of(whole, residual.Data.Train), residual.Data.Train, training, none, 3);
            trainer.Run(0, 6, 6, (_, _) => { }, cancel);
            smaller.Return();
        }

        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var idle = second.Step is LayerStep layers ? layers.Idle(masks) : new HashSet<string>();
        var learned = 0;
        foreach (var (name, tensor) in masked.Parameters.Where(parameter => !idle.Contains(parameter.Key)))
        {
            Near(tensor, whole.Parameters[name]);
            if (!before[name].SequenceEqual(whole.Parameters[name].Values())) learned++;
        }
        var inputs = Binding.Of(masked.Graph, residual.Data.Test).Bind(residual.Data.Test.Read([.. Enumerable.Range(0, 40)]));
        Near(masked.Run(inputs)[0], whole.Run(inputs)[0]); // running statistics too
        Assert.InRange(learned, 10, before.Count);
    }

    private static void Near(Tensor expected, Tensor actual) => Assert.Equal(0, (expected - actual).abs().max().item<float>() / expected.abs().max().clamp_min(1e-3).item<float>(), 2e-3f);

    [Fact]
    public void Where_nothing_has_gone_there_is_none()
    {
        var recipe = new Recipe { Granularity = "channel", Macs = 1, Criterion = "magnitude" };
        using var network = new Network(OnnxModel.Load(residual.Model));
        using var masks = new Masks();
        using var pruned = new Pruned(network, residual, recipe, masks, TestContext.Current.CancellationToken);
        Assert.Null(pruned.Step.Smaller(masks));
    }

    /// <summary>A network after one round of pruning, not trained.</summary>
    private sealed class Pruned : IDisposable
    {
        private readonly Structures? structures;
        private readonly LayerPruning? layers;

        public Pruned(Network network, LayerPruningTests.Residual residual, Recipe recipe, Masks masks, CancellationToken cancel)
        {
            var shapes = Binding.Of(network.Graph, residual.Data.Train).Shapes(residual.Data.Train);
            if (recipe.LeavesOutLayers) layers = new(network, shapes, recipe);
            else structures = new(residual.Model, network, null, shapes, recipe, (_, _, _) => { }, cancel);
            Step = layers is not null ? layers.Step(network, recipe, layers.Macs.Share(recipe.Macs!.Value), null, (_, _, _) => { }) : structures!.Step(network, recipe, structures.Macs.Share(recipe.Macs!.Value));
            using var statistics = Calibration.Collect(network, Learning.Of(network, residual.Data.Train), residual.Data.Train, Criterion.All[recipe.Criterion].Needs, 50, 1, _ => { }, cancel);
            Step.Run(statistics, masks, new(Schedule.All["one-shot"], 1, 1), out _, cancel);
            masks.Apply(network);
        }

        public PruneStep Step { get; }

        public void Dispose()
        {
            structures?.Dispose();
            layers?.Dispose();
        }
    }
}
