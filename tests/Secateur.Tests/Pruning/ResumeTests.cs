using Secateur.Tests.Evaluation;

namespace Secateur.Tests.Pruning;

[Collection(nameof(Alone))]
public sealed class ResumeTests(DensePictures pictures) : IClassFixture<DensePictures>
{
    private static readonly TrainingRecipe Training = new() { Epochs = 4, Batch = 16 };

    [Theory]
    [InlineData(When.After, "adam", "random")]
    [InlineData(When.During, "sgd", "random")] // would take what is pruned for what stands if masks were not saved
    [InlineData(When.During, "adam", "taylor")]
    [InlineData(When.During, "adamw", "fisher")]
    public void Interrupted_equals_uninterrupted(When when, string optimizer, string criterion) => Interruption.ChangesNothing(pictures.Output, (output, progress, cancel) =>
        pictures.Prune(new()
        {
            When = when,
            Rounds = 4,
            Schedule = "cubic",
            Sparsity = 0.9,
            Criterion = criterion,
            Training = Training with { Optimizer = optimizer, LearningRate = optimizer == "sgd" ? 0.02 : 1e-3 },
        }, output, progress: progress, cancel: cancel));

    /// <summary>Which outputs share their zeros is decided in the first round, by scores that later rounds do not see.</summary>
    [Fact]
    public void An_interrupted_run_of_alike_outputs_equals_uninterrupted() => Interruption.ChangesNothing(pictures.Output, (output, progress, cancel) =>
        pictures.Prune(new() { Granularity = "block-4x1", Rounds = 3, Schedule = "linear", Sparsity = 0.7, Criterion = "random", Training = Training with { Epochs = 1 } }, output, progress: progress, cancel: cancel));

    [Fact]
    public void An_interrupted_training_from_the_start_equals_uninterrupted() => Interruption.ChangesNothing(pictures.Output, (output, progress, cancel) =>
        pictures.Prune(new() { When = When.During, Rounds = 3, Sparsity = 0.8, Training = Training }, output, progress: progress, cancel: cancel, model: "lenet-300-100"));

    [Fact]
    public void An_interrupted_run_that_reconstructs_equals_uninterrupted() => Interruption.ChangesNothing(pictures.Output, (output, progress, cancel) =>
        pictures.Prune(new() { Rounds = 5, Schedule = "linear", Sparsity = 0.9, Training = new() { Steps = 4 } }, output, pictures.Unlabelled, progress, cancel));

    [Fact]
    public void An_interrupted_search_equals_uninterrupted() => Interruption.ChangesNothing(pictures.Output, (output, progress, cancel) =>
        pictures.Prune(new() { MaxDrop = 0.05, Training = Training with { Epochs = 1 } }, output, progress: progress, cancel: cancel));

    [Fact]
    public void An_interrupted_run_with_baselines_equals_uninterrupted() => Interruption.ChangesNothing(pictures.Output, (output, progress, cancel) =>
        pictures.Prune(new() { Rounds = 2, Sparsity = 0.8, Baselines = true, Training = Training with { Epochs = 1 } }, output, progress: progress, cancel: cancel));

    /// <summary>More rounds than steps, so that stretches without a step carry the optimizer on; and criteria that would miss lost masks.</summary>
    [Theory]
    [InlineData(When.During, 30, "sgd")]
    [InlineData(When.During, 30, "adam")]
    [InlineData(When.After, 4, "adam")]
    public void Broken_off_after_every_round_equals_uninterrupted(When when, int rounds, string optimizer)
    {
        var recipe = new Recipe
        {
            When = when,
            Rounds = rounds,
            Schedule = "linear",
            Sparsity = 0.9,
            Criterion = "random",
            Training = Training with { Epochs = 1, Optimizer = optimizer, LearningRate = optimizer == "sgd" ? 0.02 : 1e-3 },
        };
        var (undisturbed, broken) = (pictures.Output(), pictures.Output());
        pictures.Prune(recipe, undisturbed);
        var rounded = 0;
        while (!File.Exists(broken))
        {
            using var source = new CancellationTokenSource();
            try
            {
                pictures.Prune(recipe, broken, progress: new StopAt(source, value => value.Fraction == 1 && !value.Stage.Contains(':')), cancel: source.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.True(++rounded <= rounds + 3, "a start saves no round");
            }
        }
        Assert.True(rounded >= rounds, $"{rounded} interruptions");
        Assert.Equal(File.ReadAllBytes(undisturbed), File.ReadAllBytes(broken));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_gives_others()
    {
        byte[] Run(long seed)
        {
            var output = pictures.Output();
            pictures.Prune(new() { Rounds = 2, Sparsity = 0.9, Training = Training with { Epochs = 1 }, Seed = seed }, output);
            return File.ReadAllBytes(output);
        }

        var first = Run(7);
        Assert.Equal(first, Run(7));
        Assert.NotEqual(first, Run(8));
    }

    [Fact]
    public void What_another_recipe_saved_is_not_taken_up()
    {
        var (output, alone) = (pictures.Output(), pictures.Output());
        var recipe = new Recipe { Rounds = 3, Sparsity = 0.9, Training = Training with { Epochs = 1 } };
        using var source = new CancellationTokenSource();
        var stop = new StopAt(source, value => value.Stage.StartsWith("round 2", StringComparison.Ordinal));
        Assert.Throws<OperationCanceledException>(() => pictures.Prune(recipe with { Sparsity = 0.5 }, output, progress: stop, cancel: source.Token));
        Assert.True(Directory.Exists(output + ".run"));
        pictures.Prune(recipe, output);
        pictures.Prune(recipe, alone);
        Assert.Equal(File.ReadAllBytes(alone), File.ReadAllBytes(output));
    }

    [Fact]
    public void A_file_that_a_kill_left_half_written_goes()
    {
        var (pruned, trained) = (pictures.Output(), pictures.Output());
        foreach (var output in (string[])[pruned, trained]) File.WriteAllText($"{output}.{Guid.NewGuid():N}.part", "half");
        pictures.Prune(new() { Sparsity = 0.5, Training = Training with { Epochs = 0 } }, pruned);
        pictures.Train(pictures.Model, trained, Training with { Epochs = 1 });
        foreach (var output in (string[])[pruned, trained]) Assert.Equal([output], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(output)!));
    }

    private sealed class StopAt(CancellationTokenSource source, Predicate<Progress> place) : IProgress<Progress>
    {
        public void Report(Progress value)
        {
            if (place(value)) source.Cancel();
        }
    }
}
