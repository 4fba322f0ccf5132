using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Testing;
using Secateur.Tests.Evaluation;
using static TorchSharp.torch;

namespace Secateur.Tests.Pruning;

[Collection(nameof(Alone))]
public sealed class StreamPlanTests(StreamPlanTests.Transformer transformer) : IClassFixture<StreamPlanTests.Transformer>
{
    private static readonly TrainingRecipe Training = new() { Epochs = 1, Batch = 50 };

    /// <summary>A small transformer trained on the small pictures.</summary>
    public sealed class Transformer : IDisposable
    {
        private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("secateur-");

        public Transformer()
        {
            Threads.Use(1);
            TrainJob.Run("vit-small", Data, Model, new() { Epochs = 2, Batch = 50 }, seed: 5, null, null, cancel: CancellationToken.None);
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

    private PruneResult Prune(Recipe recipe, DataSet? data, string output, string? masked = null, string? model = null)
    {
        Threads.Use(1);
        return Pruner.For(model ?? transformer.Model).With(recipe with { Granularity = "embedding", CalibrationExamples = 100 })
            .Run(data, output, new() { Benchmark = false, Masked = masked }, cancel: TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_share_of_the_features_goes_and_the_twin_of_what_was_trained_computes_the_same()
    {
        var output = transformer.Output();
        var masked = Path.ChangeExtension(output, ".masked.onnx");
        var result = Prune(new() { Sparsity = 0.4, Training = Training }, transformer.Data, output, masked);
        Assert.Equal(0.375, result.Sparsity, 9); // 40 of 64, a multiple of 8
        Assert.True(result.Output.Macs < result.Input.Macs);
        Assert.Contains(result.Layers, layer => layer.Verdict == "pruned" && layer.Why.Contains("40 of 64", StringComparison.Ordinal));
        Assert.Equal(Outputs(masked), Outputs(output), (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.NotEqual(Outputs(transformer.Model), Outputs(output), (a, b) => Math.Abs(a - b) < 1e-3);
    }

    [Fact]
    public void Nothing_gone_and_nothing_trained_is_the_same_model()
    {
        var output = transformer.Output();
        Prune(new() { Sparsity = 0, Training = Training with { Epochs = 0 } }, transformer.Data, output);
        Assert.Equal(Outputs(transformer.Model), Outputs(output), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void Labels_are_not_needed_but_data_is()
    {
        var result = Prune(new() { Sparsity = 0.25, Training = Training with { Steps = 2 } }, transformer.Unlabelled, transformer.Output());
        Assert.Equal(0.25, result.Sparsity, 9);
        Assert.Contains("give --data", Assert.Throws<SecateurException>(() => Prune(new() { Sparsity = 0.25 }, null, transformer.Output())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_of_multiply_accumulates_and_a_size_are_met()
    {
        var macs = Prune(new() { Macs = 0.7, Training = Training with { Epochs = 0 } }, transformer.Data, transformer.Output());
        Assert.InRange(macs.Output.Macs, 0.5 * macs.Input.Macs, 0.7 * macs.Input.Macs);
        var size = Prune(new() { Size = macs.Input.Bytes * 6 / 10, Training = Training with { Epochs = 0 } }, transformer.Data, transformer.Output());
        Assert.InRange(size.Output.Bytes, macs.Input.Bytes * 4 / 10, macs.Input.Bytes * 6 / 10);
        Assert.Contains("with the fewest features", Assert.Throws<SecateurException>(() => Prune(new() { Macs = 0.01 }, transformer.Data, transformer.Output())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_a_stream_is_refused_by_the_node_that_is_the_reason()
    {
        var resnet = transformer.Output();
        TrainJob.Run("resnet-8", transformer.Data, resnet, new() { Epochs = 0 }, seed: 5, null, null, cancel: TestContext.Current.CancellationToken);
        var line = Assert.Throws<SecateurException>(() => Prune(new() { Sparsity = 0.25 }, transformer.Data, transformer.Output(), model: resnet)).Message;
        Assert.Contains("has no residual stream", line, StringComparison.Ordinal);
        Assert.Contains("(Relu)", line, StringComparison.Ordinal);
    }

    [Fact]
    public void What_says_nothing_of_streams_is_refused()
    {
        string Refused(Recipe recipe) => Assert.Throws<SecateurException>(() => Pruner.For(transformer.Model).With(recipe with { Granularity = "embedding" })).Message;
        Assert.Contains("leave out keep", Refused(new() { Keep = ["head*"] }), StringComparison.Ordinal);
        Assert.Contains("directions are chosen once", Refused(new() { MaxDrop = 0.01 }), StringComparison.Ordinal);
        Assert.Contains("leave out latencyTable", Refused(new() { Speedup = 2, LatencyTable = "x.json" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Interrupted_equals_uninterrupted() => Interruption.ChangesNothing(transformer.Output, (output, progress, cancel) =>
    {
        Threads.Use(1);
        Pruner.For(transformer.Model).With(new() { Granularity = "embedding", Sparsity = 0.25, Rounds = 10, CalibrationExamples = 32, Training = Training with { Epochs = 3, Batch = 25 } })
            .Run(transformer.Data, output, new() { Benchmark = false }, progress, cancel);
    });

    [Fact]
    public void A_plan_tells_what_would_be_narrower()
    {
        var plan = Pruner.For(transformer.Model).With(new() { Granularity = "embedding", Sparsity = 0.5 }).Plan(transformer.Data);
        Assert.Equal(0.5, plan.Sparsity!.Value, 9);
        Assert.True(plan.Macs < plan.MacsBefore);
    }

    private static float[] Outputs(string model)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var runtime = new OrtModel(model, 1);
        return runtime.Run(new Dictionary<string, Tensor> { [runtime.Inputs[0]] = randn([4, 1, 8, 8], generator: generator) })[0].Values();
    }
}
