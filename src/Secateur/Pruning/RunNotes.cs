using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Tasks;
using Secateur.Training;

namespace Secateur.Pruning;

/// <summary>What the reader of a result should know of how it came about.</summary>
internal static class RunNotes
{
    public const string Quantized = "The weights are integers behind DequantizeLinear: units went by the numbers that these stand for, what stays is as it was, and nothing was trained.";

    /// <param name="model">That was pruned.</param>
    /// <param name="network">Of it.</param>
    /// <param name="data">Null where none was given.</param>
    /// <param name="recipe">As it was carried out.</param>
    /// <param name="task">What the model is taken for.</param>
    /// <param name="quality">On the test part, before and after.</param>
    public static ImmutableArray<string> Of(OnnxModel model, Network network, DataSet? data, Recipe recipe, Assignment task, Quality? quality)
    {
        List<string> notes = [];
        if (model.Path.Length == 0) notes.Add("The model was new and untrained: what stands before is its first weights, and agreement with it means little.");
        else if (quality is { Drop: < 0 })
            notes.Add($"Fine-tuning was {(recipe.Training.Steps ?? recipe.Training.Epochs) * (recipe.When == When.After ? recipe.Rounds : 1)} {(recipe.Training.Steps is null ? "epochs" : "steps")} more than the dense model had; a gain may come from them as well as from pruning.");
        if (recipe.MaxDrop is { } drop) notes.Add($"The limit of {drop:0.####} was kept on the held-out part, which decides; the test part was looked at only once, at the end, and may differ by chance.");
        if (data is null) notes.Add("No data was given: nothing was fine-tuned and no quality was measured.");
        else if (!task.HasLabels) notes.Add(data.Train.Target is null
            ? $"The data has no labels: the dense model was the teacher, and quality is how near the pruned model's answers are to its own ({task.Facts.Metric}: {task.Metric.Summary})."
            : $"The task {task.Facts.Name} leaves labels unread: the dense model was the teacher, and quality is how near the pruned model's answers are to its own.");
        if (data is not null && Trainer.BatchesOf(network, data.Train, recipe.Training).Size is var size && size < Math.Min(recipe.Training.Batch, data.Train.Count)
            && Binding.Of(model.Graph, data.Train).FixedBatch is null && new Batches(data.Train, Binding.Of(model.Graph, data.Train), recipe.Training.Batch, long.MaxValue).Size > size)
            notes.Add($"Batches were cut from {recipe.Training.Batch} to at most {size} examples, whose values in between fit into 4 GB with their gradients.");
        if (recipe.Training is { IsUsual: true, Steps: < TrainingRecipe.UsualSteps and var steps })
            notes.Add($"Training took {steps} steps instead of {TrainingRecipe.UsualSteps}, as the model is large; --steps says how many.");
        var reached = network.Steps.Select(step => step.Node).ToHashSet();
        if (recipe.Reconstruct == true && data is not null && network.Weights.Where(weight => !reached.Contains(weight.Node) || Reconstruction.Refit.Fits(network, weight) is null).Select(weight => weight.Name).ToArray() is { Length: > 0 } left)
            notes.Add($"{left.Length} weights were pruned without fitting what stays, as they are no plain products of matrices, inside of a subgraph, or too wide: {string.Join(", ", left.Take(4))}{(left.Length > 4 ? ", ..." : "")}.");
        if (data is { DeclaresTest: false }) notes.Add("The data declares no test part: one was drawn by the seed and took no part in training or in decisions.");
        if (!recipe.Baselines && !recipe.Rewrites) notes.Add("Baselines (random, uniform magnitude, a small dense model) were not run; --baselines adds them.");
        if (recipe.Storage == Storage.Dense && !recipe.IsStructured) notes.Add("Zeros are stored like other weights, so the file packs smaller (gzip) but is no smaller itself; --storage sparse writes only what is left.");
        return [.. notes];
    }
}
