using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Secateur.Data;
using Secateur.Onnx;
using Secateur.Tests.Evaluation;
using Secateur.Tests.Pruning;

namespace Secateur.Tests;

[Collection(nameof(Alone))]
public sealed class PrunerTests(DensePictures pictures) : IClassFixture<DensePictures>
{
    private static readonly TrainingRecipe Training = new() { Epochs = 1, Batch = 32 };
    private static readonly string[] Weights = ["fc1.weight", "fc2.weight", "fc3.weight"];

    [Theory]
    [InlineData("global", "unstructured", 0.9)]
    [InlineData("uniform", "unstructured", 0.75)]
    [InlineData("global", "block-4x1", 0.8)]
    [InlineData("uniform", "block-4x1", 0.6)]
    public void The_files_sparsity_is_the_one_asked_for_within_a_unit_a_layer(string allocation, string granularity, double sparsity)
    {
        var output = pictures.Output();
        var result = pictures.Prune(new() { Sparsity = sparsity, Allocation = allocation, Granularity = granularity, Rounds = 2, Schedule = "linear", Training = Training }, output);
        var weights = Read(output);
        var total = weights.Values.Sum(weight => weight.Length);
        var zeros = weights.Values.Sum(weight => weight.Count(value => value == 0));
        Assert.InRange(zeros, (sparsity * total) - (4 * Weights.Length), (sparsity * total) + (4 * Weights.Length));
        Assert.Equal((double)zeros / total, result.Sparsity, 12);
        Assert.Equal(result.Sparsity, result.Rounds[^1].Sparsity, 12);
        foreach (var name in Weights)
        {
            var layer = result.Layers.Single(layer => layer.Name == name);
            Assert.Equal(weights[name].Count(value => value != 0), layer.Nonzero);
            Assert.Equal(1 - ((double)layer.Nonzero / layer.Parameters), layer.Sparsity, 12);
        }
        Assert.All(weights.Values.SelectMany(weight => weight).Where(value => value == 0), value => Assert.Equal(0, BitConverter.SingleToInt32Bits(value)));
        Assert.Equal(result.Output.Nonzero, result.Layers.Sum(layer => layer.Nonzero));
    }

    [Fact]
    public void Pruned_stays_pruned_over_rounds()
    {
        var output = pictures.Output();
        Threads.Use(1);
        Pruner.For(pictures.Model).With(new() { Rounds = 3, Schedule = "linear", Sparsity = 0.9, Criterion = "random", Training = Training })
            .Run(pictures.Data, output, new() { Benchmark = false, KeepRounds = true }, cancel: TestContext.Current.CancellationToken);
        var rounds = Directory.GetFiles(output + ".run", "round-*.npz").Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(3, rounds.Length);
        using var scope = TorchSharp.torch.NewDisposeScope();
        foreach (var (before, after) in rounds.Zip(rounds.Skip(1)))
        {
            var (earlier, later) = (Npz.Read(before), Npz.Read(after));
            foreach (var name in Weights)
            {
                var pruned = earlier[$"mask/{name}"].logical_not();
                Assert.True(pruned.sum().item<long>() > 0);
                Assert.Equal(0, later[$"mask/{name}"].logical_and(pruned).sum().item<long>());
                Assert.Equal(0, later[$"constant/{name}"].mul(pruned).count_nonzero().item<long>());
            }
        }
        Assert.Equal([0.3, 0.6, 0.9], Pruner.For(pictures.Model).With(new() { Rounds = 3, Schedule = "linear", Sparsity = 0.9 }).Plan().Rounds.Select(aim => Math.Round(aim, 9)));
    }

    [Fact]
    public void Two_of_four_leaves_two_of_every_four_inputs()
    {
        var output = pictures.Output();
        var result = pictures.Prune(new() { Granularity = "2:4", Training = Training }, output);
        var weights = Read(output);
        foreach (var name in Weights)
            Assert.All(weights[name].Chunk(4), four => Assert.InRange(four.Count(value => value != 0), 0, 2)); // [out, in]: neighbours in memory are inputs
        Assert.Equal(0.5, result.Sparsity, 3);
    }

    [Fact]
    public void Blocks_of_four_outputs_go_whole()
    {
        var output = pictures.Output();
        pictures.Prune(new() { Granularity = "block-4x1", Sparsity = 0.8, Training = Training }, output);
        foreach (var (name, inputs) in (ReadOnlySpan<(string, int)>)[("fc1.weight", 64), ("fc2.weight", 300)])
        {
            var weight = Read(output)[name];
            var rows = weight.Chunk(inputs).Select(row => string.Concat(row.Select(value => value == 0 ? '0' : '1')));
            Assert.All(rows.CountBy(row => row), alike => Assert.Equal(0, alike.Value % 4)); // wherever the four lie
        }
    }

    [Theory]
    [InlineData(Storage.Dense)]
    [InlineData(Storage.Sparse)]
    public void Stock_ONNX_Runtime_has_the_accuracy_that_the_result_states(Storage storage)
    {
        var output = pictures.Output();
        var result = pictures.Prune(new() { Sparsity = 0.95, Storage = storage, Training = Training }, output);
        Assert.Equal("accuracy", result.Metric);
        Assert.Equal(ByHand(pictures.Model), result.Quality!.Before);
        Assert.Equal(ByHand(output), result.Quality.After);
        Assert.Equal(result.Quality.Before - result.Quality.After, result.Quality.Drop);
        Assert.Equal(new FileInfo(output).Length, result.Output.Bytes);
        if (storage == Storage.Sparse) Assert.True(result.Output.Bytes < result.Input.Bytes / 4, $"{result.Output.Bytes} bytes");
    }

    [Fact]
    public void Without_labels_the_dense_model_teaches_and_that_helps()
    {
        var recipe = new Recipe { Sparsity = 0.9, Criterion = "magnitude", Allocation = "global", Reconstruct = false, Training = Training with { Epochs = 20, LearningRate = 1e-3 } };
        var taught = pictures.Prune(recipe, pictures.Output(), pictures.Unlabelled);
        var untaught = pictures.Prune(recipe with { Training = Training with { Epochs = 0 } }, pictures.Output(), pictures.Unlabelled);
        Assert.Equal("agreement", taught.Metric);
        Assert.Equal(1, taught.Quality!.Before);
        Assert.False(taught.Data!.Labels);
        Assert.True(taught.Quality.After > untaught.Quality!.After + 0.05, $"{taught.Quality.After} taught, {untaught.Quality.After} not; losses {taught.Rounds[^1].Loss}, {untaught.Rounds[^1].Loss}");
        Assert.Contains(taught.Notes, note => note.Contains("no labels"));
    }

    /// <summary>Steps so large that they undo what was fitted.</summary>
    [Fact]
    public void Without_labels_no_training_ends_worse_than_it_began()
    {
        var recipe = new Recipe { Sparsity = 0.9, Training = Training with { Steps = 0 } };
        var fitted = pictures.Prune(recipe, pictures.Output(), pictures.Unlabelled);
        var spoilt = pictures.Prune(recipe with { Training = Training with { Steps = 20, LearningRate = 0.3 } }, pictures.Output(), pictures.Unlabelled);
        var trained = pictures.Prune(recipe with { Training = Training with { Steps = 20, LearningRate = 3e-4 } }, pictures.Output(), pictures.Unlabelled);
        Assert.True(spoilt.Rounds[^1].Loss <= fitted.Rounds[^1].Loss, $"{spoilt.Rounds[^1].Loss} spoilt, {fitted.Rounds[^1].Loss} not");
        Assert.True(trained.Rounds[^1].Loss < fitted.Rounds[^1].Loss, $"{trained.Rounds[^1].Loss} trained, {fitted.Rounds[^1].Loss} not");
    }

    [Fact]
    public void Without_labels_other_defaults_hold_and_are_nearer_to_the_dense_model_before_any_training()
    {
        var untrained = Training with { Epochs = 0 };
        var told = new Recipe { Sparsity = 0.95, Criterion = "magnitude", Allocation = "global", Reconstruct = false, Training = untrained };
        var masked = pictures.Prune(told, pictures.Output(), pictures.Unlabelled);
        var output = pictures.Output();
        var fitted = pictures.Prune(new() { Sparsity = 0.95, Training = untrained }, output, pictures.Unlabelled);
        Assert.Equal(("surgeon", "sensitivity", true, Ends.All, 0), (fitted.Recipe.Criterion, fitted.Recipe.Allocation, fitted.Recipe.Reconstruct, fitted.Recipe.Ends, fitted.Recipe.Training.Steps ?? 0));
        Assert.True(fitted.HeldOut!.After > masked.HeldOut!.After + 0.05, $"{fitted.HeldOut.After} fitted, {masked.HeldOut.After} masked");
        Assert.Equal(0.95, fitted.Sparsity, 3);
        Assert.Equal(fitted.Sparsity, Read(output).Where(tensor => Weights.Contains(tensor.Key)).SelectMany(tensor => tensor.Value).Average(weight => weight == 0 ? 1.0 : 0), 6);
        Assert.Equal(("magnitude", "global", null), (pictures.Prune(new() { Sparsity = 0.5, Training = untrained }, pictures.Output()).Recipe is var labelled ? labelled.Criterion : "", labelled.Allocation, labelled.Reconstruct));
    }

    [Theory]
    [InlineData("2:4"), InlineData("block-4x1")]
    public void What_stays_is_fitted_in_every_granularity(string granularity)
    {
        var recipe = new Recipe { Granularity = granularity, Sparsity = granularity == "2:4" ? 0.5 : 0.8, Training = Training with { Epochs = 0 } };
        var fitted = pictures.Prune(recipe, pictures.Output(), pictures.Unlabelled);
        var masked = pictures.Prune(recipe with { Reconstruct = false }, pictures.Output(), pictures.Unlabelled);
        Assert.True(fitted.Rounds[^1].Loss < masked.Rounds[^1].Loss, $"{fitted.Rounds[^1].Loss} fitted, {masked.Rounds[^1].Loss} masked");
        Assert.Equal(masked.Sparsity, fitted.Sparsity, 2);
    }

    [Fact]
    public void Without_data_it_prunes_and_says_that_nothing_was_measured()
    {
        var output = pictures.Output();
        var result = Pruner.For(pictures.Model).With(new() { Sparsity = 0.5 }).Run(null, output, new() { Benchmark = false }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(0.5, result.Sparsity, 3);
        Assert.Null(result.Quality);
        Assert.Contains(result.Notes, note => note.Contains("no quality was measured"));
    }

    [Fact]
    public void A_size_is_met_by_the_written_file()
    {
        foreach (var size in (long[])[120_000, 60_000, 30_000])
        {
            var output = pictures.Output();
            var result = pictures.Prune(new() { Size = size, Training = Training }, output);
            Assert.InRange(new FileInfo(output).Length, size * 9 / 10, size);
            Assert.Equal(size, result.Recipe.Size);
            Assert.Equal(ByHand(output), result.Quality!.After);
        }
    }

    [Fact]
    public void A_size_that_cannot_be_reached_is_refused_with_the_least()
    {
        var error = Refused<SecateurException>(new() { Size = 1_000, Training = Training });
        Assert.StartsWith($"{pictures.Model}: cannot become 1,000 bytes; the smallest that this recipe can make is ", error.Message);
    }

    [Fact]
    public void A_sparsity_that_cannot_be_reached_is_refused_with_the_most()
    {
        var error = Refused<SecateurException>(new() { Sparsity = 0.9, Keep = ["fc2*"], Training = Training });
        Assert.Contains("sparsity 0.9 cannot be reached", error.Message);
        Assert.Contains($"{((0.8 * 400) + (300 * 64)) / (400 + 30_000 + (300 * 64)):0.####} is the most", error.Message);
        Assert.Contains("; ", error.Message);
    }

    [Theory]
    [InlineData(0.9, null)]
    [InlineData(null, 1_000L)]
    public void What_cannot_be_reached_is_told_before_anything_is_trained(double? sparsity, long? size)
    {
        var recipe = new Recipe { Sparsity = sparsity, Size = size, Keep = ["fc2*"], When = When.During, Criterion = "taylor", Training = Training };
        var stages = new Stages();
        Assert.Throws<SecateurException>(() => pictures.Prune(recipe, pictures.Output(), progress: stages));
        Assert.Equal(["reading the model"], stages.Seen);
    }

    [Fact]
    public void A_search_ends_at_the_highest_sparsity_that_keeps_the_quality()
    {
        var result = pictures.Prune(new() { MaxDrop = 0.02, Training = Training with { Epochs = 2 } }, pictures.Output());
        Assert.Equal(6, result.Frontier.Length);
        Assert.Equal(result.Frontier.Select(point => point.Sparsity).Order(), result.Frontier.Select(point => point.Sparsity));
        var best = result.Frontier.Where(point => point.Met).MaxBy(point => point.Sparsity)!;
        Assert.Equal(best.Sparsity, result.Sparsity, 3);
        Assert.True(result.HeldOut!.Drop <= 0.02 + 1e-12);
        Assert.Equal(best.Quality, result.HeldOut.After);
        Assert.All(result.Frontier, point => Assert.Equal(point.Drop <= 0.02 + 1e-12, point.Met));
    }

    [Fact]
    public void A_search_that_finds_nothing_fails_the_gate_and_leaves_nothing()
    {
        // scores drawn by lot and no fine-tuning: every candidate loses something
        var error = Refused<GateException>(new() { MaxDrop = 0, Criterion = "random", Training = Training with { Epochs = 0 }, Layers = Own("fc3*", 0.99), Ends = Ends.All });
        Assert.StartsWith("no sparsity loses at most 0: the nearest was ", error.Message);
        Assert.Contains("--epochs", error.Message);
    }

    [Fact]
    public void The_result_as_JSON_holds_the_contract_and_reads_back()
    {
        var output = pictures.Output();
        var result = pictures.Prune(new() { Sparsity = 0.8, Rounds = 2, Training = Training }, output);
        var json = JsonDocument.Parse(result.ToJson()).RootElement;
        foreach (var key in (string[])["input", "output", "sparsity", "layers", "metric", "quality", "rounds", "recipe", "lineage", "seconds"])
            Assert.True(json.TryGetProperty(key, out _), key);
        foreach (var file in (string[])["input", "output"])
            foreach (var key in (string[])["path", "sha256", "bytes", "parameters", "nonzero", "macs"])
                Assert.True(json.GetProperty(file).TryGetProperty(key, out _), $"{file}.{key}");
        foreach (var key in (string[])["name", "shape", "sparsity"]) Assert.True(json.GetProperty("layers")[0].TryGetProperty(key, out _), key);
        foreach (var key in (string[])["before", "after", "drop"]) Assert.True(json.GetProperty("quality").TryGetProperty(key, out _), key);
        foreach (var key in (string[])["model", "data", "recipe", "seed", "versions"]) Assert.True(json.GetProperty("lineage").TryGetProperty(key, out _), key);
        Assert.Equal(2, json.GetProperty("rounds").GetArrayLength());
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(output))), json.GetProperty("output").GetProperty("sha256").GetString());
        Assert.Equal(result.Input.Sha256, result.Lineage.Model);
        var back = JsonSerializer.Deserialize<PruneResult>(result.ToJson(), Json.Options)!;
        Assert.Equal(result.ToJson(), back.ToJson());
    }

    private static ImmutableSortedDictionary<string, double> Own(string layer, double sparsity) =>
        ImmutableSortedDictionary<string, double>.Empty.Add(layer, sparsity);

    private T Refused<T>(Recipe recipe) where T : Exception
    {
        var output = pictures.Output();
        var error = Assert.Throws<T>(() => pictures.Prune(recipe, output));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(output)!));
        return error;
    }

    private static Dictionary<string, float[]> Read(string path)
    {
        var constants = OnnxModel.Load(path).Graph.Constants;
        return Weights.ToDictionary(name => name, name => constants[name].ToArray<float>());
    }

    /// <summary>The share of right answers on the test part, with nothing of ours but the data.</summary>
    private double ByHand(string path)
    {
        using var session = new InferenceSession(path);
        using var scope = TorchSharp.torch.NewDisposeScope();
        var right = 0;
        for (var index = 0; index < pictures.Data.Test.Count; index++)
        {
            var pixels = pictures.Data.Test.Read([index])["input"].data<float>().ToArray();
            using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, 1, 8, 8]);
            using var options = new RunOptions();
            using var outputs = session.Run(options, ["input"], [input], ["logits"]);
            if (TensorPrimitives.IndexOfMax(outputs[0].GetTensorDataAsSpan<float>()) == pictures.Data.Test.Labels!.Value[index]) right++;
        }
        return (double)right / pictures.Data.Test.Count;
    }

    private sealed class Stages : IProgress<Progress>
    {
        public List<string> Seen { get; } = [];

        public void Report(Progress value)
        {
            if (!Seen.Contains(value.Stage)) Seen.Add(value.Stage);
        }
    }
}
