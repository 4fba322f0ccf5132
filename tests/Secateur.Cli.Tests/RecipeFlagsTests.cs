namespace Secateur.Cli.Tests;

public sealed class RecipeFlagsTests(Workshop workshop) : IClassFixture<Workshop>
{
    private const string Yaml = """
        criterion: taylor
        granularity: block-4x1
        allocation: uniform
        schedule: linear
        when: during
        rounds: 4
        sparsity: 0.8
        layers: { fc1.weight: 0.5 }
        keep: [fc3*]
        ends: all
        storage: sparse
        calibrationExamples: 99
        baselines: true
        seed: 7
        training: { epochs: 9, batch: 16, optimizer: sgd, learningRate: 0.1, momentum: 0.5, weightDecay: 0.01, learningRateSchedule: step, warmup: 0.2, shift: 2, flip: true, teacher: 0.5, temperature: 4 }
        """;

    [Fact]
    public void Without_flags_the_file_holds()
    {
        var path = workshop.In("recipe.yaml");
        File.WriteAllText(path, Yaml);
        var recipe = Parse("--recipe", path);
        Assert.Equal(RecipeFile.ToYaml(RecipeFile.Load(path)), RecipeFile.ToYaml(recipe));
        Assert.Equal((When.During, 0.8, 7, 0.1), (recipe.When, recipe.Sparsity, recipe.Seed, recipe.Training.LearningRate));
    }

    [Fact]
    public void Steps_and_epochs_replace_each_other_and_what_is_fitted_can_be_told()
    {
        Assert.Equal((700, 0.25, false), (Parse("--steps", "700").Training.Steps, Parse("--join", "25%").Training.Join, Parse("--reconstruct", "false").Reconstruct));
        var path = workshop.In("steps.yaml");
        File.WriteAllText(path, "training: { steps: 700 }");
        Assert.Null(Parse("--recipe", path, "--epochs", "2").Training.Steps);
        Assert.Null(Parse().Reconstruct);
    }

    [Fact]
    public void Each_flag_overrides_the_file()
    {
        var path = workshop.In("overridden.yaml");
        File.WriteAllText(path, Yaml);
        var recipe = Parse("--recipe", path, "--criterion", "random", "--granularity", "unstructured", "--allocation", "global", "--schedule", "cubic", "--when", "after",
            "--rounds", "2", "--size", "120KB", "--layer", "fc2*=40%", "--layer", "fc1.weight=0.25", "--keep", "fc1*", "--keep", "fc2*", "--ends", "literature", "--storage", "dense",
            "--calibration", "5", "--baselines", "false", "--seed", "3", "--epochs", "1", "--batch", "8", "--optimizer", "adamw", "--lr", "0.5", "--momentum", "0.1", "--weight-decay", "0",
            "--lr-schedule", "cosine", "--warmup", "10%", "--shift", "0", "--flip", "false", "--teacher", "1", "--temperature", "2");
        var expected = new Recipe
        {
            Criterion = "random",
            Granularity = "unstructured",
            Allocation = "global",
            Schedule = "cubic",
            When = When.After,
            Rounds = 2,
            Size = 120_000, // the file's sparsity is another way to say how much goes
            Layers = new Recipe().Layers.Add("fc1.weight", 0.25).Add("fc2*", 0.4),
            Keep = ["fc1*", "fc2*"],
            Ends = Ends.Literature,
            Storage = Storage.Dense,
            CalibrationExamples = 5,
            Baselines = false,
            Seed = 3,
            Training = new()
            {
                Epochs = 1,
                Batch = 8,
                Optimizer = "adamw",
                LearningRate = 0.5,
                Momentum = 0.1,
                WeightDecay = 0,
                LearningRateSchedule = "cosine",
                Warmup = 0.1,
                Shift = 0,
                Flip = false,
                Teacher = 1,
                Temperature = 2,
            },
        };
        Assert.Equal(RecipeFile.ToYaml(expected), RecipeFile.ToYaml(recipe));
    }

    [Fact]
    public void Without_file_and_flags_the_defaults_hold() => Assert.Equal(RecipeFile.ToYaml(new Recipe()), RecipeFile.ToYaml(Parse()));

    [Fact]
    public async Task Two_targets_are_refused() => Assert.Contains("give one of them",
        await Request.RefusedAsync("prune", workshop.Model, "--sparsity", "0.9", "--max-drop", "1%", "-o", workshop.In("two.onnx")));

    private static Recipe Parse(params string[] flags) => RecipeFlags.Recipe(Program.Root.Parse(["prune", "a.onnx", .. flags]));
}
