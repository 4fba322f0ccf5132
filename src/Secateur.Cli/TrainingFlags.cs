using System.CommandLine;
using Secateur.Training;

namespace Secateur.Cli;

/// <summary>How a model learns; each flag overrides one value of a training recipe.</summary>
internal static class TrainingFlags
{
    private static readonly Option<int?> Epochs = Int("--epochs", "N", "passes over the data (when pruning after training: in each round)", 0, 100_000);
    private static readonly Option<int?> Steps = Int("--steps", "N", "steps instead of epochs", 0, 100_000_000);
    private static readonly Option<int?> Batch = Int("--batch", "N", "examples of a step", 1, 1_000_000);
    private static readonly Option<string?> Optimizer = new("--optimizer") { HelpName = "O", Description = string.Join(", ", Training.Optimizer.All.Keys) };
    private static readonly Option<double?> LearningRate = Number("--lr", "X", "the learning rate", 1e-12, 100);
    private static readonly Option<double?> Momentum = Number("--momentum", "X", "of sgd", 0, 1);
    private static readonly Option<double?> WeightDecay = Number("--weight-decay", "X", "of the optimizer", 0, 10);

    private static readonly Option<string?> Schedule = new("--lr-schedule")
    {
        HelpName = "S",
        Description = string.Join(", ", Training.LearningRate.All.Keys),
    };

    private static readonly Option<double?> Warmup = Share("--warmup", "the share of all steps in which the learning rate rises from zero", whole: false);
    private static readonly Option<int?> Shift = Int("--shift", "PIXELS", "the largest random shift of a picture", 0, 1000);
    private static readonly Option<bool?> Flip = new("--flip") { HelpName = "true|false", Description = "mirror pictures left to right at random" };
    private static readonly Option<bool?> Checkpointing = new("--checkpointing")
    {
        HelpName = "true|false",
        Description = "keep only some of the values in between and compute the others again: less memory, more time",
    };

    private static readonly Option<double?> Join = Share("--join", "the share of pictures cut at random and joined with another, where the dense model alone teaches", whole: true);
    private static readonly Option<double?> Teacher = Share("--teacher", "the share of the dense model's answers in the loss", whole: true);
    private static readonly Option<double?> Temperature = Number("--temperature", "X", "softens teacher and student alike", 0.01, 1000);

    /// <summary>Adds the flags of a training; with a dense model as teacher those of distillation too.</summary>
    public static Command WithTraining(this Command command, bool teacher)
    {
        foreach (var flag in (Option[])[Epochs, Batch, Optimizer, LearningRate, Momentum, WeightDecay, Schedule, Warmup, Shift, Flip, Checkpointing]) command.Add(flag);
        if (!teacher) return command;
        command.Add(Steps);
        command.Add(Join);
        command.Add(Teacher);
        command.Add(Temperature);
        return command;
    }

    /// <summary>The recipe with what the flags say put over it.</summary>
    public static TrainingRecipe Over(this ParseResult request, TrainingRecipe recipe)
    {
        // these have defaults of their own where the dense model alone teaches: they are set only if they were told
        if (request.GetValue(Epochs) is { } epochs) recipe = recipe with { Epochs = epochs, Steps = null };
        if (request.GetValue(Batch) is { } batch) recipe = recipe with { Batch = batch };
        if (request.GetValue(LearningRate) is { } rate) recipe = recipe with { LearningRate = rate };
        if (request.GetValue(WeightDecay) is { } decay) recipe = recipe with { WeightDecay = decay };
        if (request.GetValue(Temperature) is { } temperature) recipe = recipe with { Temperature = temperature };
        return recipe with
        {
            Steps = request.GetValue(Steps) ?? recipe.Steps,
            Optimizer = request.GetValue(Optimizer) ?? recipe.Optimizer,
            Momentum = request.GetValue(Momentum) ?? recipe.Momentum,
            LearningRateSchedule = request.GetValue(Schedule) ?? recipe.LearningRateSchedule,
            Warmup = request.GetValue(Warmup) ?? recipe.Warmup,
            Shift = request.GetValue(Shift) ?? recipe.Shift,
            Flip = request.GetValue(Flip) ?? recipe.Flip,
            Checkpointing = request.GetValue(Checkpointing) ?? recipe.Checkpointing,
            Join = request.GetValue(Join) ?? recipe.Join,
            Teacher = request.GetValue(Teacher) ?? recipe.Teacher,
        };
    }

    private static Option<int?> Int(string name, string value, string description, int least, int most) =>
        new(name) { HelpName = value, Description = description, CustomParser = Values.Int(least, most) };

    private static Option<double?> Number(string name, string value, string description, double least, double most) =>
        new(name) { HelpName = value, Description = description, CustomParser = Values.Number(least, most) };

    private static Option<double?> Share(string name, string description, bool whole) =>
        new(name) { HelpName = "SHARE", Description = description, CustomParser = Values.Fraction(whole) };
}
