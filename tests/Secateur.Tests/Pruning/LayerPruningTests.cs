using Secateur.Architectures;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Onnx;
using Secateur.Structure.Latency;
using Secateur.Testing;
using Secateur.Tests.Evaluation;
using static TorchSharp.torch;

namespace Secateur.Tests.Pruning;

[Collection(nameof(Alone))]
public sealed class LayerPruningTests(LayerPruningTests.Residual residual) : IClassFixture<LayerPruningTests.Residual>
{
    private static readonly TrainingRecipe Training = new() { Epochs = 1, Batch = 50 };

    /// <summary>A residual network trained on the small pictures.</summary>
    public sealed class Residual : IDisposable
    {
        private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("secateur-");

        public Residual()
        {
            Threads.Use(1);
            TrainJob.Run("resnet-8", Data, Model, new() { Epochs = 2, Batch = 50 }, seed: 5, null, null, cancel: CancellationToken.None);
        }

        public DataSet Data { get; } = SmallPictures.Open();

        public DataSet Unlabelled { get; } = SmallPictures.Open(labels: false);

        public string Model => Path.Combine(folder.FullName, "dense.onnx");

        public string Output() => Path.Combine(folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName, "out.onnx");

        public void Dispose()
        {
            Data.Dispose();
            Unlabelled.Dispose();
            folder.Delete(recursive: true);
        }
    }

    private PruneResult Prune(Recipe recipe, DataSet? data, string output, string? masked = null)
    {
        Threads.Use(1);
        return Pruner.For(residual.Model).With(recipe).Run(data, output, new() { Benchmark = false, Masked = masked }, cancel: TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Layers_go_until_the_budget_is_met_and_the_twin_computes_the_same()
    {
        var output = residual.Output();
        var masked = Path.ChangeExtension(output, ".masked.onnx");
        var result = Prune(new() { Granularity = "layer", Macs = 0.5, Rounds = 2, Schedule = "linear", Training = Training }, residual.Data, output, masked);
        Assert.InRange(result.Output.Macs, 1, result.Input.Macs / 2);
        Assert.InRange(result.LayersDropped.Length, 1, 3);
        Assert.All(result.LayersDropped, layer => Assert.True(layer is { Loss: > 0, Quality: >= 0 and <= 1 }));
        Assert.Equal(result.LayersDropped.Select(layer => layer.Cost).OrderDescending(), result.LayersDropped.Select(layer => layer.Cost));
        Assert.InRange(result.LayersDropped[^1].Cost, 0, 0.5);
        Assert.Equal(result.Input.Parameters - result.Output.Parameters, result.Layers.Where(layer => layer.Nonzero == 0).Sum(layer => layer.Parameters));
        Assert.Equal(result.Sparsity, result.Rounds[^1].Sparsity, 9);
        Assert.Equal(Output(masked), Output(output), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void As_few_layers_go_as_reach_a_speed_and_a_table_tells_it_without_measuring()
    {
        var measured = Prune(new() { Granularity = "layer", Speedup = 1.15, Training = Training }, residual.Data, residual.Output());
        Assert.InRange(measured.LayersDropped.Length, 1, 3);
        Assert.Contains(measured.Notes, note => note.Contains("the fewest that reach what was asked", StringComparison.Ordinal));
        Assert.Equal(measured.LayersDropped.Select(layer => layer.Cost).OrderDescending(), measured.LayersDropped.Select(layer => layer.Cost));

        var table = Path.ChangeExtension(residual.Output(), ".json");
        LatencyExport.Write([residual.Model], table, new() { Threads = 1 }, Path.ChangeExtension(table, ".cache.json"), null, TestContext.Current.CancellationToken);
        var told = Prune(new() { Granularity = "layer", Speedup = 1.15, LatencyTable = table }, null, residual.Output());
        Assert.InRange(told.LayersDropped[^1].Cost, 0.1, 1 / 1.15);
        Assert.Matches("a speed of 900x cannot be met by leaving out layers: .* times as fast by the table",
            Assert.Throws<SecateurException>(() => Prune(new() { Granularity = "layer", Speedup = 900, LatencyTable = table }, null, residual.Output())).Message);
    }

    [Fact]
    public void Labels_are_not_needed_nor_is_data()
    {
        var taught = Prune(new() { Granularity = "layer", Sparsity = 0.1, Training = Training }, residual.Unlabelled, residual.Output());
        Assert.All(taught.LayersDropped, layer => Assert.NotNull(layer.Loss));
        var blind = Prune(new() { Granularity = "layer", Sparsity = 0.1 }, null, residual.Output());
        Assert.All(blind.LayersDropped, layer => Assert.Null(layer.Loss));
        Assert.True(blind.Output.Parameters <= 0.9 * blind.Input.Parameters);
    }

    [Fact]
    public void Layers_without_a_skip_go_too_and_are_not_trained_while_they_are_off()
    {
        var (dense, output) = (residual.Output(), residual.Output());
        var masked = Path.ChangeExtension(output, ".masked.onnx");
        TrainJob.Run("conv-6", residual.Data, dense, new() { Epochs = 2, Batch = 50 }, seed: 5, null, null, cancel: TestContext.Current.CancellationToken);
        var result = Pruner.For(dense).With(new() { Granularity = "layer", Macs = 0.7, Rounds = 2, Schedule = "linear", Training = Training })
            .Run(residual.Data, output, new() { Benchmark = false, Masked = masked }, cancel: TestContext.Current.CancellationToken);
        Assert.NotEmpty(result.LayersDropped);
        Assert.InRange(result.Output.Macs, 1, 0.7 * result.Input.Macs);
        Assert.Equal(Output(masked), Output(output), (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.InRange(result.Quality!.After, result.Quality.Before - 0.3, 1);
    }

    [Fact]
    public void What_cannot_be_met_and_what_says_nothing_of_layers_is_refused()
    {
        Assert.Contains("cannot be met by leaving out layers", Assert.Throws<SecateurException>(() => Prune(new() { Granularity = "layer", Macs = 0.01 }, null, residual.Output())).Message, StringComparison.Ordinal);
        Assert.Matches("without all 3 that may go it is measured [0-9.]+ times as fast", Assert.Throws<SecateurException>(() => Prune(new() { Granularity = "layer", Speedup = 900 }, null, residual.Output())).Message);
        Assert.Contains("leave out criterion", Assert.Throws<SecateurException>(() => Prune(new() { Granularity = "layer", Criterion = "taylor" }, null, residual.Output())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ranks_are_cut_to_a_share_of_the_parameters_and_trained(bool withData)
    {
        var result = Prune(new() { Granularity = "rank", Sparsity = 0.4, Training = Training }, withData ? residual.Data : null, residual.Output());
        Assert.InRange(result.Output.Parameters, 1, (long)(0.6 * result.Input.Parameters));
        Assert.True(result.Output.Macs < result.Input.Macs);
        Assert.Contains(result.Layers, layer => layer.Name.EndsWith("/down", StringComparison.Ordinal) && layer.Verdict == "pruned");
        if (withData) Assert.InRange(result.Quality!.After, 0.5, 1);
    }

    [Fact]
    public void Ranks_meet_a_number_of_multiply_accumulates_and_a_size()
    {
        var macs = Prune(new() { Granularity = "rank", Macs = 0.5 }, null, residual.Output());
        Assert.InRange(macs.Output.Macs, 1, macs.Input.Macs / 2);
        var size = Prune(new() { Granularity = "rank", Size = macs.Input.Bytes * 6 / 10 }, null, residual.Output());
        Assert.InRange(size.Output.Bytes, 1, macs.Input.Bytes * 6 / 10);
    }

    [Fact]
    public void Ranks_are_cut_to_a_measured_speed()
    {
        var dense = residual.Output();
        Architecture.All["lenet-300-100"].Build(new() { InputShape = [1, 28, 28], Classes = 10, Width = 8 }, 7).Save(dense);
        Threads.Use(1);
        var result = Pruner.For(dense).With(new() { Granularity = "rank", Speedup = 1.5 }).Run(null, residual.Output(), new() { Benchmark = false }, cancel: TestContext.Current.CancellationToken);
        Assert.InRange(result.Output.Macs, 1, 0.9 * result.Input.Macs);
        Assert.Matches("fastest that could be made is measured [0-9.]+ times as fast", Assert.Throws<SecateurException>(() => Prune(new() { Granularity = "rank", Speedup = 500 }, null, residual.Output())).Message);
    }

    [Theory]
    [InlineData("layer")]
    [InlineData("rank")]
    public void Interrupted_equals_uninterrupted(string granularity) => Interruption.ChangesNothing(residual.Output, (output, progress, cancel) =>
    {
        Threads.Use(1);
        Pruner.For(residual.Model).With(new() { Granularity = granularity, Macs = 0.5, Rounds = 10, Schedule = "linear", CalibrationExamples = 32, Training = Training with { Epochs = 3, Batch = 25 } })
            .Run(residual.Data, output, new() { Benchmark = false }, progress, cancel);
    });

    [Fact]
    public void A_search_leaves_out_as_many_layers_as_the_loss_of_quality_allows()
    {
        var result = Prune(new() { Granularity = "layer", MaxDrop = 0.9, Baselines = true, Training = Training }, residual.Data, residual.Output());
        Assert.NotEmpty(result.LayersDropped);
        Assert.All(result.Baselines.Where(baseline => baseline.Name != "small dense"), baseline => Assert.InRange(baseline.Nonzero, 1, result.Input.Nonzero - 1));
    }

    [Fact]
    public void A_plan_tells_which_layers_would_go_and_what_would_become_two()
    {
        var layers = Pruner.For(residual.Model).With(new() { Granularity = "layer", Macs = 0.5 }).Plan();
        Assert.InRange(layers.Macs, 1, layers.MacsBefore / 2);
        Assert.Contains(layers.Layers, layer => layer is { Sparsity: 1, Verdict: "pruned" });
        var ranks = Pruner.For(residual.Model).With(new() { Granularity = "rank", Macs = 0.5 }).Plan();
        Assert.InRange(ranks.Macs, 1, ranks.MacsBefore / 2);
        Assert.Contains(ranks.Layers, layer => layer.Why.Contains("rank", StringComparison.Ordinal));
    }

    private float[] Output(string path)
    {
        using var scope = NewDisposeScope();
        using var model = new OrtModel(path, 1);
        var read = residual.Data.Test.Read([0, 1, 2, 3]);
        return [.. model.Run(read.ToDictionary(pair => "input", pair => pair.Value.to(ScalarType.Float32)))[0].contiguous().data<float>()];
    }
}
