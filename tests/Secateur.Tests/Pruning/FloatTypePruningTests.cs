using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using Secateur.Tests.Evaluation;

namespace Secateur.Tests.Pruning;

/// <summary>The main job on networks of float16, bfloat16 and float64: all that is done to one of float32, and what is written is of the file's types.</summary>
[Collection(nameof(Alone))]
public sealed class FloatTypePruningTests(LayerPruningTests.Residual residual) : IClassFixture<LayerPruningTests.Residual>
{
    private static readonly TrainingRecipe Training = new() { Epochs = 1, Batch = 50 };

    public static TheoryData<string, string> Jobs =>
    [
        .. from job in (string[])["trained", "taught", "reconstructed", "channel", "speedup", "rank", "layer", "size"]
           from form in (string[])["float16", "bfloat16 stored", "float64 stored"]
           where job != "speedup" || form == "float16" // takes 15 seconds
           select (job, form),
    ];

    [Theory, MemberData(nameof(Jobs))]
    public void Every_way_of_pruning_keeps_types_and_quality(string job, string form)
    {
        Threads.Use(1);
        var cancel = TestContext.Current.CancellationToken;
        var (dense, output) = (residual.Output(), residual.Output());
        TypedModels.Of(OnnxModel.Load(residual.Model), form).Save(dense);
        var recipe = job switch
        {
            "trained" => new Recipe { Sparsity = 0.5, Criterion = "taylor", Rounds = 2, Training = Training },
            "taught" => new() { Sparsity = 0.5, Training = Training },
            "reconstructed" => new() { Sparsity = 0.5, Criterion = "magnitude", Reconstruct = true, CalibrationExamples = 64, Training = Training with { Epochs = 0 } },
            "channel" => new() { Granularity = "channel", Macs = 0.6, Training = Training },
            "speedup" => new() { Granularity = "channel", Speedup = 1.1, Training = Training },
            "rank" => new() { Granularity = "rank", Macs = 0.7, CalibrationExamples = 64, Training = Training },
            "size" => new() { Size = new FileInfo(dense).Length * 3 / 4, Storage = Storage.Sparse, Criterion = "magnitude", Ends = Ends.All, Training = Training },
            _ => new() { Granularity = "layer", Macs = 0.8, Training = Training },
        };
        var data = job is "taught" or "reconstructed" ? residual.Unlabelled : residual.Data;
        var masked = job == "channel" ? Path.ChangeExtension(output, ".masked.onnx") : null;
        var result = Pruner.For(dense).With(recipe).Run(data, output, new() { Benchmark = false, Masked = masked }, null, cancel);
        if (job == "size") Assert.InRange(result.Output.Bytes, 0.65 * result.Input.Bytes, 0.75 * result.Input.Bytes);
        else Assert.True(result.Quality!.After > result.Quality.Before - 0.3, $"{result.Quality}");
        Assert.True(result.Sparsity > 0.05, $"{result.Sparsity}");
        var types = OnnxModel.Load(dense).Graph.Constants.Values.Select(constant => constant.Type()).ToHashSet();
        Assert.Subset(types, OnnxModel.Load(output).Graph.Constants.Values.Select(constant => constant.Type()).ToHashSet());
        var runs = Evaluator.Run([dense, output, .. masked is null ? (string[])[] : [masked]], data.Test, new() { Threads = 1 }, null, cancel).Results;
        Assert.Equal(result.Quality!.After, runs[1].Value, 1e-9);
        if (masked is not null) Assert.Equal(runs[1].Value, runs[2].Value, 1.1 / data.Test.Count);
        using var network = new Network(OnnxModel.Load(output));
        Assert.Equal(result.Output.Nonzero, network.Parameters.Values.Sum(parameter => parameter.count_nonzero().item<long>()));
    }
}
