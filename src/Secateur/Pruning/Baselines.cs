using System.Collections.Immutable;
using System.Diagnostics;
using Secateur.Architectures;
using Secateur.Data;
using Secateur.Evaluation;

namespace Secateur.Pruning;

/// <summary>What the field forgets to show: as many weights kept at random, as many kept by magnitude in every layer alike, and a dense model with no more of them.</summary>
internal static class Baselines
{
    public static ImmutableArray<BaselineResult> Run(PruneRun run, DataSet data, RoundState pruned, Action<string, double, string> report, CancellationToken cancel)
    {
        var recipe = run.Recipe with { Sparsity = pruned.Rounds[^1].Sparsity, Size = null, MaxDrop = null };
        return
        [
            Pruned(run, data, "random", recipe with { Criterion = "random" }, "the same schedule and fine-tuning, weights drawn by lot", cancel),
            Pruned(run, data, "uniform magnitude", recipe with { Criterion = "magnitude", Allocation = "uniform" },
                "the same schedule and fine-tuning, the lowest magnitudes of every layer", cancel),
            SmallDense(run, data, report, cancel),
        ];
    }

    private static BaselineResult Pruned(PruneRun run, DataSet data, string name, Recipe recipe, string note, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var (path, _, nonzero) = run.Variant(name.Replace(' ', '-'), recipe, recipe.Sparsity!.Value);
        return new(name, Test(run, path, data, cancel), nonzero, clock.Elapsed.TotalSeconds, note);
    }

    private static BaselineResult SmallDense(PruneRun run, DataSet data, Action<string, double, string> report, CancellationToken cancel)
    {
        const string Name = "small dense";
        var clock = Stopwatch.StartNew();
        if (!run.Task.Teaches) return new(Name, null, 0, 0, "a new model cannot be trained without labels");
        var (model, note) = Architecture.SmallDense(run.Model, run.Nonzero, run.Recipe.Seed);
        if (model is null) return new(Name, null, 0, 0, note);
        // the budget of the pruned model: the dense training and all fine-tuning
        var defaults = Architecture.Recognize(model)!.Value.Architecture.Defaults;
        var budget = TrainJob.RecipeOf(run.Model) ?? defaults;
        budget = budget with { Epochs = budget.Epochs + run.Recipe.Training.Epochs * run.Recipe.Rounds };
        var folder = run.Folder.Inner("small-dense");
        Directory.CreateDirectory(folder.Path);
        var output = Path.Combine(folder.Path, "model.onnx");
        TrainJob.Train(model, data, Tasks.Assignment.Of(model.Graph, data.Train, run.Task.Facts.Name, run.Task.Facts.Metric), output, budget, run.Recipe.Seed, folder.Inner("rounds"), null,
            (stage, done, detail) => report($"baseline {Name}: {stage}", done, detail), cancel);
        return new(Name, Test(run, output, data, cancel), ModelFile.Facts(output).Parameters, clock.Elapsed.TotalSeconds,
            $"{note}, trained {budget.Epochs} epochs: the dense training and all fine-tuning together");
    }

    private static double Test(PruneRun run, string path, DataSet data, CancellationToken cancel) =>
        Evaluator.Run([run.DensePath, path], data.Test, new EvaluationSettings { Batch = run.Recipe.Training.Batch, Task = run.Task.Facts.Name, Metric = run.Task.Facts.Metric }, null, cancel).Results[1].Value;
}
