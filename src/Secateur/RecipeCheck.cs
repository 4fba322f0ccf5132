using System.Collections.Immutable;
using Secateur.Allocations;
using Secateur.Criteria;
using Secateur.Granularities;
using Secateur.Schedules;
using Secateur.Structure;
using Secateur.Training;

namespace Secateur;

/// <summary>Whether a recipe's values are ones that can be run.</summary>
internal static class RecipeCheck
{
    /// <param name="recipe">The recipe, flags and all.</param>
    /// <param name="place">Where it came from, to begin messages with.</param>
    /// <exception cref="SecateurException">A value is not known or out of its range; the message says which and what may stand there.</exception>
    public static Recipe Check(this Recipe recipe, string place)
    {
        if (recipe.Task is { } task) Known("task", task, Tasks.Task.All.Keys);
        if (recipe.Metric is { } metric) Known("metric", metric, Evaluation.Metric.All.Keys);
        Known("criterion", recipe.Criterion, Criterion.All.Keys);
        Known("allocation", recipe.Allocation, Allocation.All.Keys);
        Known("schedule", recipe.Schedule, Schedule.All.Keys);
        Known("optimizer", recipe.Training.Optimizer, Optimizer.All.Keys);
        Known("learningRateSchedule", recipe.Training.LearningRateSchedule, LearningRate.All.Keys);
        var structured = recipe.IsStructured;
        var fixedSparsity = structured ? null : Granularity.Parse(recipe.Granularity).FixedSparsity;
        if (new object?[] { recipe.Sparsity, recipe.Size, recipe.MaxDrop, recipe.Macs, recipe.Speedup, recipe.Latency }.Count(target => target is not null) > 1)
            throw new SecateurException($"{place}: sparsity, size, maxDrop, macs, speedup and latency are ways to say how much goes; give one of them");
        if (!structured && (recipe.Macs is not null || recipe.Speedup is not null || recipe.Latency is not null))
            throw new SecateurException($"{place}: macs, speedup and latency fall only where structure is removed; add --granularity {string.Join(", ", UnitKinds.All.Keys.Order())}");
        if (structured && recipe.Allocation is not ("global" or "uniform"))
            throw new SecateurException($"{place}: allocation {recipe.Allocation} is for single weights; of {recipe.Granularity} take global or uniform");
        if (structured && (recipe.Layers.Count > 0 || recipe.Storage == Storage.Sparse))
            throw new SecateurException($"{place}: {recipe.Granularity} removes units, which layers and storage say nothing of; leave them out");
        if (recipe.Rewrites && recipe.LatencyTable is not null)
            throw new SecateurException($"{place}: a latency table tells of layers as they are, and {recipe.Granularity} makes others of them; leave out latencyTable, and the speed is measured here");
        if (recipe.LeavesOutLayers && (recipe.Allocation != "global" || recipe.Criterion is not ("magnitude" or "random")))
            throw new SecateurException($"{place}: which layers go is decided by the loss without each; leave out criterion and allocation");
        if (recipe.Rewrites && (recipe.MaxDrop is not null || recipe.Reconstruct == true || recipe.Baselines || recipe.When != When.After || recipe.Allocation != "global" || recipe.Criterion != "magnitude"))
            throw new SecateurException($"{place}: {(recipe.Factors ? "ranks" : "directions")} are chosen once, by the energy that is lost, and then trained; leave out maxDrop, baselines, reconstruct, when, criterion and allocation");
        if (recipe.Rewrites && !recipe.Factors && recipe.Keep.Length > 0)
            throw new SecateurException($"{place}: a residual stream is turned in all that reads and writes it; leave out keep");
        if (recipe.Macs is { } macs) Within("macs", macs, 1e-6, 1e18);
        if (recipe.Speedup is { } speedup) Within("speedup", speedup, 1, 1000);
        if (recipe.Latency is { } latency) Within("latency", latency, 1e-6, 1e9);
        if (recipe.RoundTo is { } multiple) Within("roundTo", multiple, 1, 1024);
        Within("leastKept", recipe.LeastKept, 0, 1);
        if (recipe.Sparsity is { } sparsity) Within("sparsity", sparsity, 0, 0.9999);
        if (fixedSparsity is { } own && (recipe.Size is not null || recipe.MaxDrop is not null || (recipe.Sparsity is { } asked && Math.Abs(asked - own) > 1e-9)))
            throw new SecateurException($"{place}: {recipe.Granularity} removes {own:0.###} of every weight that it fits, no more and no less; leave out the other target");
        if (recipe.Size is { } size) Within("size", size, 1, long.MaxValue);
        if (recipe.MaxDrop is { } drop) Within("maxDrop", drop, 0, recipe.Metric is { } judged && !Evaluation.Metric.All[judged].IsShare ? 1e9 : 1);
        foreach (var (layer, value) in recipe.Layers) Within($"layers: {layer}", value, 0, 0.9999);
        Within("rounds", recipe.Rounds, 1, 1000);
        Within("calibrationExamples", recipe.CalibrationExamples, 1, 10_000_000);
        if (recipe.When == When.Before && recipe.Rounds > 1)
            throw new SecateurException($"{place}: pruning before training happens once; leave out rounds: {recipe.Rounds}, or prune during or after");
        recipe.Training.Check(place);
        return recipe;

        void Known(string key, string word, ImmutableArray<string> words)
        {
            if (!words.Contains(word)) throw new SecateurException($"{place}: {key} '{word}' is not known; take one of {string.Join(", ", words)}");
        }

        void Within(string key, double value, double from, double to) => Range(place, key, value, from, to);
    }

    public static TrainingRecipe Check(this TrainingRecipe training, string place)
    {
        Range(place, "epochs", training.Epochs, 0, 100_000);
        if (training.Steps is { } steps) Range(place, "steps", steps, 0, 100_000_000);
        Range(place, "batch", training.Batch, 1, 1_000_000);
        Range(place, "learningRate", training.LearningRate, 1e-12, 100);
        Range(place, "momentum", training.Momentum, 0, 0.9999);
        Range(place, "weightDecay", training.WeightDecay, 0, 10);
        Range(place, "warmup", training.Warmup, 0, 0.99);
        Range(place, "shift", training.Shift, 0, 1000);
        Range(place, "join", training.Join, 0, 1);
        Range(place, "temperature", training.Temperature, 0.01, 1000);
        Range(place, "recalibrationBatches", training.RecalibrationBatches, 0, 1_000_000);
        if (training.Teacher is { } share) Range(place, "teacher", share, 0, 1);
        return training;
    }

    private static void Range(string place, string key, double value, double from, double to)
    {
        if (!(value >= from && value <= to)) throw new SecateurException($"{place}: {key} is {value}, but must be from {from} to {to}");
    }
}
