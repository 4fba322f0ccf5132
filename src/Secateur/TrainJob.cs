using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Secateur.Architectures;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Pruning;
using Secateur.Tasks;
using Secateur.Training;
using static TorchSharp.torch;

namespace Secateur;

/// <summary>One epoch, measured on the held-out part.</summary>
public sealed record EpochResult(int Epoch, double HeldOut, double Loss, double Seconds);

/// <summary>What a training came to. Quality is accuracy, a fraction; on the test part it is measured in ONNX Runtime.</summary>
public sealed record TrainResult(
    ModelFacts Output, string Metric, double HeldOut, double Test, long TestSamples, ImmutableArray<EpochResult> Epochs, DataFacts Data, TrainingRecipe Recipe, long Seed, double Seconds);

/// <summary>Makes a dense model, or goes on training one. Each epoch is saved: a training that was killed goes on and ends with the same file.</summary>
public static class TrainJob
{
    private const string RecipeKey = "secateur.training";

    /// <param name="modelOrArchitecture">An ONNX file, or a name of <see cref="Architecture.All"/>.</param>
    /// <param name="data">With labels.</param>
    /// <param name="output">The ONNX file to write.</param>
    /// <param name="recipe">Null takes the architecture's own.</param>
    /// <param name="seed">Decides first weights, shuffling and augmentation.</param>
    /// <param name="mask">A model of the same weights, whose zeros are held through the training; or null.</param>
    /// <param name="progress">Told of every stage.</param>
    /// <param name="task">A key of <see cref="Tasks.Task.All"/>; null takes the data's, or infers it.</param>
    /// <param name="metric">A key of <see cref="Metric.All"/>; null takes the data's, or the task's own.</param>
    /// <param name="cancel">Looked at in every batch.</param>
    /// <exception cref="SecateurException">Model, data or recipe are wrong; nothing is left behind.</exception>
    public static TrainResult Run(string modelOrArchitecture, DataSet data, string output, TrainingRecipe? recipe, long seed, string? mask = null,
        IProgress<Progress>? progress = null, string? task = null, string? metric = null, CancellationToken cancel = default)
    {
        var clock = Stopwatch.StartNew();
        AtomicFile.Probe(output);
        void Report(string stage, double fraction, string detail) => progress?.Report(new(stage, fraction, detail));
        var model = ModelSource.Open(modelOrArchitecture, data, seed);
        var assignment = Assignment.Of(model.Graph, data.Train, task ?? data.Task, metric ?? data.Metric);
        progress?.Report(Progress.Note("task", $"{assignment}"));
        var effective = (recipe ?? RecipeOf(model) ?? Architecture.Recognize(model)?.Architecture.Defaults ?? new TrainingRecipe()).Check("training");
        var folder = new RunFolder(output + ".run", Lineages.Key(model.Hash(), data, new { effective, seed, task = assignment.Facts.Name, metric = assignment.Facts.Metric, mask = mask is null ? null : OnnxModel.Load(mask).Hash() }), keepRounds: false);
        folder.Prepare(output);
        try
        {
            return Carry();
        }
        catch (SecateurException) // interrupted it would go on; wrong it would only be wrong again
        {
            folder.Finish();
            throw;
        }

        TrainResult Carry()
        {
            var state = Train(model, data, assignment, output, effective, seed, folder, mask, Report, cancel);
            var quality = Evaluator.Run([output], data.Test, new EvaluationSettings { Batch = effective.Batch, Task = assignment.Facts.Name, Metric = assignment.Facts.Metric, ClassNames = data.ClassNames }, null, cancel).Results[0];
            folder.Finish();
            return new(ModelFile.Facts(output, Binding.Of(model.Graph, data.Train).Shapes(data.Train)), quality.Metric, state.Rounds[^1].Quality, quality.Value, quality.Samples,
                [.. state.Rounds.Select(round => new EpochResult(round.Round, round.Quality, round.Loss, round.Seconds))], Lineages.Facts(data), effective, seed, clock.Elapsed.TotalSeconds);
        }
    }

    /// <summary>How a model was trained, where its file says it.</summary>
    internal static TrainingRecipe? RecipeOf(OnnxModel model)
    {
        try
        {
            return model.Metadata(RecipeKey) is { } json ? JsonSerializer.Deserialize<TrainingRecipe>(json, Json.Options) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal static RoundState Train(OnnxModel model, DataSet data, Assignment task, string output, TrainingRecipe recipe, long seed, RunFolder folder, string? mask,
        Action<string, double, string> report, CancellationToken cancel)
    {
        if (!task.HasLabels && data.Train.Target is null)
            throw new SecateurException($"{data.Path}: has no labels to learn from; add labels, or prune, which can learn from the dense model's answers");
        if (!task.Teaches || !task.Metric.NeedsLabels)
            throw new SecateurException($"task {task.Facts.Name}, judged by {task.Facts.Metric}: is learned from a dense model, and train has none; prune the model, or take a task and a metric of labels");
        DataFit.Check(model, data, task);
        using var scope = NewDisposeScope();
        using var network = new Network(model);
        using var masks = mask is null ? new Masks() : Held(network, mask);
        masks.Apply(network);
        var objective = new Objective(task, 0, 1);
        var state = folder.Load(network, masks) ?? new RoundState(0, 0, [], null, 0, 0);
        using var trainer = new Trainer(network, null, objective, data.Train, recipe, masks, Seeds.Derive(seed, "training"));
        if (state.Segments > 0) folder.LoadOptimizer(trainer.Optimizer);
        using var measurement = new Measurement(network, null, task, data.HeldOut, recipe.Batch);
        var steps = trainer.StepsPerEpoch;
        for (var epoch = state.Segments + 1; epoch <= Math.Max(1, recipe.Epochs); epoch++)
        {
            var clock = Stopwatch.StartNew();
            var stage = $"epoch {epoch} of {recipe.Epochs}";
            if (recipe.Epochs > 0)
                trainer.Run((epoch - 1) * steps, epoch * steps, recipe.Epochs * steps,
                    (at, loss) => report(stage, (double)(at - (epoch - 1) * steps) / steps, $"loss {loss:0.000}"), cancel);
            if (epoch >= recipe.Epochs) Recalibration.Run(network, data.Train, recipe.RecalibrationBatches, recipe.Batch, Seeds.Derive(seed, "last"), cancel);
            var (quality, loss) = measurement.Of(cancel);
            report(stage, 1, $"held-out {task.Facts.Metric} {(task.Metric.IsShare ? $"{quality:0.00%}" : $"{quality:0.####}")}, loss {loss:0.000}");
            state = state with { Segments = epoch, Rounds = state.Rounds.Add(new(epoch, 0, 0, quality, loss, clock.Elapsed.TotalSeconds)) };
            folder.Save(network, masks, state, trainer.Optimizer);
        }
        network.Store();
        model.SetMetadata(RecipeKey, JsonSerializer.Serialize(recipe, new JsonSerializerOptions(Json.Options) { WriteIndented = false }));
        model.Save(output);
        return state;
    }

    private static Masks Held(Network network, string mask)
    {
        using var pruned = new Network(OnnxModel.Load(mask));
        var masks = Masks.OfZeros(pruned);
        foreach (var (name, zeros) in masks.All)
            if (network.Weights.FirstOrDefault(weight => weight.Name == name) is not { } weight || !weight.Shape.SequenceEqual(zeros.shape))
                throw new SecateurException($"{mask}: its weight '{name}' is not in the model to train in this shape; take a pruned file of the same architecture");
        return masks;
    }
}
