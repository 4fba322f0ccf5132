using Secateur.Criteria;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using Secateur.Tests.Evaluation;
using static TorchSharp.torch;

namespace Secateur.Tests.Pruning;

/// <summary>The main job on a network that computes with float64 throughout.</summary>
[Collection(nameof(Alone))]
public sealed class DoublePruningTests(DoublePruningTests.Doubles doubles) : IClassFixture<DoublePruningTests.Doubles>
{
    private static readonly TrainingRecipe Training = new() { Epochs = 1, Batch = 50, Shift = 1 };

    public static TheoryData<string> Criteria => [.. Criterion.All.Keys];

    public static TheoryData<string> Granularities => ["2:4", "block-4x1", "channel", "rank"];

    public sealed class Doubles : IDisposable
    {
        private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("secateur-");

        public Doubles()
        {
            Threads.Use(1);
            TrainJob.Run("lenet-300-100", Data, Model, new() { Epochs = 2, Batch = 50 }, seed: 5, cancel: CancellationToken.None);
            TypedModels.Of(OnnxModel.Load(Model), "float64").Save(Model);
        }

        public DataSet Data { get; } = SmallPictures.Open();

        public string Model => Path.Combine(folder.FullName, "dense.onnx");

        public string Output() => Path.Combine(folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName, "out.onnx");

        public void Dispose()
        {
            Data.Dispose();
            folder.Delete(recursive: true);
        }
    }

    [Theory, MemberData(nameof(Criteria))]
    public void Every_criterion_prunes_and_what_it_leaves_learns(string criterion) =>
        Check(new() { Criterion = criterion, Sparsity = 0.6, Rounds = 2, Reconstruct = criterion == "surgeon", CalibrationExamples = 64, Training = Training });

    [Theory, MemberData(nameof(Granularities))]
    public void Every_granularity_prunes_and_what_it_leaves_learns(string granularity) =>
        Check(new() { Granularity = granularity, Macs = granularity is "channel" or "rank" ? 0.6 : null, Sparsity = granularity == "block-4x1" ? 0.6 : null, CalibrationExamples = 64, Training = Training });

    [Fact]
    public void Interrupted_equals_uninterrupted() => Interruption.ChangesNothing(doubles.Output, (output, progress, cancel) =>
        Prune(new() { When = When.During, Rounds = 4, Schedule = "cubic", Sparsity = 0.9, Criterion = "taylor", Training = Training with { Optimizer = "adam", Epochs = 2 } }, output, progress, cancel));

    private PruneResult Prune(Recipe recipe, string output, IProgress<Progress>? progress, CancellationToken cancel)
    {
        Threads.Use(1);
        return Pruner.For(doubles.Model).With(recipe).Run(doubles.Data, output, new() { Benchmark = false }, progress, cancel);
    }

    /// <summary>All that is learned stays float64, also in its last bits, and ONNX Runtime computes what we do.</summary>
    private void Check(Recipe recipe)
    {
        var output = doubles.Output();
        var result = Prune(recipe, output, null, TestContext.Current.CancellationToken);
        Assert.InRange(result.Sparsity, 0.2, 0.9);
        Assert.True(result.Quality!.After > result.Quality.Before - 0.3, $"{result.Quality}");
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = new Network(OnnxModel.Load(output));
        Assert.All(network.Parameters.Values, parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
        Assert.All(network.Weights, weight => Assert.False(weight.Tensor.equal(weight.Tensor.to(ScalarType.Float32).to(ScalarType.Float64)).all().item<bool>()));
        using var runtime = new OrtModel(output, 1);
        Dictionary<string, Tensor> inputs = new() { [network.Graph.Inputs[0].Name] = rand([3, 1, SmallPictures.Size, SmallPictures.Size], ScalarType.Float64) };
        Assert.InRange(RemovalLaw.Difference(runtime.Run(inputs), network.Run(inputs)), 0, 1e-12);
    }
}
