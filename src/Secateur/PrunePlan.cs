using System.Collections.Immutable;
using System.Diagnostics;
using Secateur.Criteria;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Pruning;
using Secateur.Schedules;
using Secateur.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur;

/// <summary>What a run would do to one tensor.</summary>
/// <param name="Sparsity">Expected once it is done, from the weights as they are now.</param>
public sealed record PlannedLayer(string Name, string Node, ImmutableArray<long> Shape, long Parameters, double Sparsity, string Verdict, string Why, long Macs);

/// <summary>A dry run: what would be pruned, what kept and why, and what it would cost.</summary>
/// <param name="Sparsity">Of all weights; null where a search on data decides it.</param>
/// <param name="Bytes">Expected size of the file.</param>
/// <param name="Macs">Of one example, zeros taken off.</param>
/// <param name="Seconds">Expected for training; of one pass over 1,000 examples where no data was given.</param>
/// <param name="MemoryMb">Expected peak.</param>
public sealed record PrunePlan(
    double? Sparsity, long BytesBefore, long Bytes, long MacsBefore, long Macs, double Seconds, double MemoryMb,
    ImmutableArray<double> Rounds, ImmutableArray<PlannedLayer> Layers, Recipe Recipe, ImmutableArray<string> Notes)
{
    private const double RuntimeMb = 300; // LibTorch, ONNX Runtime and .NET before any model, measured

    internal static PrunePlan Of(string source, Recipe recipe, DataSet? data)
    {
        using var scope = NewDisposeScope();
        var model = ModelSource.Open(source, data, recipe.Seed);
        if (data is not null)
        {
            var task = Tasks.Assignment.Of(model.Graph, data.Train, recipe.Task ?? data.Task, recipe.Metric ?? data.Metric);
            DataFit.Check(model, data, task);
            recipe = PruneRun.Effective(recipe, task, data);
        }
        var floats = recipe.TakesUnits ? Structure.Dequantized.Of(model) : null;
        if (floats is not null) recipe = recipe.Untrained();
        using var network = new Network(floats ?? model);
        List<string> notes = floats is null ? [] : [RunNotes.Quantized];
        var sizing = recipe;
        if (Criterion.All[recipe.Criterion].Needs != Needs.Nothing)
        {
            sizing = recipe with { Criterion = "magnitude" };
            notes.Add($"Criterion {recipe.Criterion} looks at data; the sparsity of single layers is shown as magnitude would spread it.");
        }
        if (Allocations.Allocation.All[recipe.Allocation].Measures)
        {
            sizing = sizing with { Allocation = "global" };
            notes.Add($"Allocation {recipe.Allocation} measures on data; the sparsity of single layers is shown as global would spread it.");
        }
        using var masks = new Masks();
        using var statistics = new Statistics(recipe.Seed);
        var shapes = Shapes.Of(network, inputs: data is null ? null : Binding.Of(model.Graph, data.Train).Shapes(data.Train));
        var work = Work.Of(floats ?? model, shapes);
        recipe = recipe.Within(work.Total);
        var denseBytes = model.Bytes;
        var schedule = Schedule.All[recipe.Schedule];
        if (recipe is not { Speedup: null, Latency: null }) notes.Add("How much goes for a speed is measured when it is done; shown is the dense model.");
        if (recipe.Rewrites) return Rewritten(model, network, recipe, data, shapes, work, notes);
        var (sparsity, choices, bytes, macs) = recipe.LeavesOutLayers ? Residual(network, data, sizing, statistics, masks, notes)
            : recipe.IsStructured
            ? Units(source, network, floats is null ? null : model, data, sizing, statistics, masks, notes)
            : Weights(source, network, sizing, statistics, masks, denseBytes, notes);
        ImmutableArray<PlannedLayer> layers = [.. choices.Select(choice => Plan(choice, network, masks, work))];
        var (seconds, memory) = Cost(network, shapes, recipe, data);
        if (data is null) notes.Add("Without data the time is that of one training pass over 1,000 examples.");
        return new(sparsity is null ? null : masks.Sparsity(network), denseBytes,
            bytes, work.Total, macs ?? work.Total - layers.Sum(layer => (long)(layer.Macs * layer.Sparsity)), seconds, memory,
            sparsity is { } end ? [.. Enumerable.Range(1, recipe.Rounds).Select(round => schedule.SparsityAfter(round, recipe.Rounds, end))] : [],
            layers, recipe, [.. notes]);
    }

    private static PrunePlan Rewritten(OnnxModel model, Network dense, Recipe recipe, DataSet? data, Shapes shapes, Work work, List<string> notes)
    {
        var plan = Rewriting.Of(model, data, recipe with { Speedup = null, Latency = null }, null, (_, _, _) => { }, default);
        using var network = new Network(plan.Model);
        var after = Work.Of(plan.Model, Shapes.Of(network, inputs: data is null ? null : Binding.Of(model.Graph, data.Train).Shapes(data.Train)));
        using var masks = new Masks();
        var (seconds, memory) = Cost(dense, shapes, recipe, data);
        return new(plan.Sparsity, model.Bytes, plan.Model.Bytes, work.Total, after.Total, seconds, memory, [plan.Sparsity],
            [.. plan.Choices(network).Select(choice => Plan(choice, network, masks, after))], recipe, [.. notes, .. data is null ? ["Without data the time is that of one training pass over 1,000 examples."] : (string[])[]]);
    }

    private static (double? Sparsity, ImmutableArray<Choice> Choices, long Bytes, long? Macs) Weights(
        string source, Network network, Recipe recipe, Statistics statistics, Masks masks, long denseBytes, List<string> notes)
    {
        var step = new MaskStep(network, recipe);
        var scored = step.Score(statistics, masks);
        double? sparsity = recipe.MaxDrop is null
            ? recipe.Size is { } size ? SizeTarget.Of(source, step, denseBytes, size)(step, scored) : Math.Min(recipe.Sparsity ?? 0, step.Reach)
            : null;
        if (recipe.MaxDrop is { } drop) notes.Add($"The sparsity is searched on the held-out part: the highest that loses at most {drop:0.####}.");
        if (recipe.Sparsity > step.Reach + 1e-9) notes.Add($"Sparsity {recipe.Sparsity:0.####} cannot be reached: the layers that may be pruned allow {step.Reach:0.####}.");
        var bytes = recipe.Storage == Storage.Sparse && sparsity is { } last ? SizeTarget.Bytes(step, scored, denseBytes, last) : denseBytes;
        step.Narrow(masks, scored, step.Counts(scored, sparsity ?? 0, own => own));
        return (sparsity, step.Choices, bytes, null);
    }

    private static (double? Sparsity, ImmutableArray<Choice> Choices, long Bytes, long? Macs) Units(
        string source, Network network, OnnxModel? integers, DataSet? data, Recipe recipe, Statistics statistics, Masks masks, List<string> notes)
    {
        using var structures = new Structures(source, network, integers, data is null ? null : Binding.Of(network.Graph, data.Train).Shapes(data.Train), recipe, (_, _, _) => { }, default);
        if (recipe.MaxDrop is { } drop)
        {
            notes.Add($"How much of the work goes is searched on the held-out part: the most that loses at most {drop:0.####}. Shown is the dense model.");
            return (null, structures.Step(network, recipe, structures.Macs).Choices, (long)structures.Bytes.Dense, (long)structures.Macs.Dense);
        }
        var step = structures.Step(network, recipe, structures.Budget());
        step.Run(statistics, masks, new(Schedule.All["one-shot"], 1, 1), out _, default);
        var counts = structures.Counts(step.KeptBy(masks));
        return (masks.Sparsity(network), step.Choices, (long)structures.Bytes.Cost.At(counts), (long)structures.Macs.Cost.At(counts));
    }

    private static (double? Sparsity, ImmutableArray<Choice> Choices, long Bytes, long? Macs) Residual(
        Network network, DataSet? data, Recipe recipe, Statistics statistics, Masks masks, List<string> notes)
    {
        using var layers = new LayerPruning(network, data is null ? null : Binding.Of(network.Graph, data.Train).Shapes(data.Train), recipe);
        var budget = recipe.MaxDrop is null ? layers.Budget() : layers.Macs;
        var step = layers.Step(network, recipe, budget, null, (_, _, _) => { });
        if (recipe.MaxDrop is { } drop) notes.Add($"How many layers go is searched on the held-out part: the most that lose at most {drop:0.####}. Shown is the dense model.");
        else if (data is not null) notes.Add("Which layers go is decided by the loss without each; shown is what the magnitude of their weights would choose.");
        step.Run(statistics, masks, new(Schedule.All["one-shot"], 1, 1), out _, default);
        foreach (var name in step.Idle(masks).Where(network.Parameters.ContainsKey)) masks.Narrow(name, zeros(network.Constants[name].shape, ScalarType.Bool));
        var (bytes, macs) = (layers.Left(layers.Bytes, step, masks), layers.Left(layers.Macs, step, masks));
        return (recipe.MaxDrop is null ? masks.Sparsity(network) : null, step.Choices, bytes, macs);
    }

    private static PlannedLayer Plan(Choice choice, Network network, Masks masks, Work work)
    {
        var tensor = network.Constants[choice.Tensor];
        var pruned = masks[choice.Tensor] is { } mask ? 1 - mask.sum().item<long>() / (double)mask.numel() : 0;
        return new(choice.Tensor, choice.Node, [.. tensor.shape], tensor.numel(), pruned, choice.Prune ? "pruned" : "kept", choice.Why, work.ByWeight.GetValueOrDefault(choice.Tensor));
    }

    /// <summary>Times a training step on random inputs, the second of two, and counts what it holds.</summary>
    private static (double Seconds, double MemoryMb) Cost(Network network, Shapes shapes, Recipe recipe, DataSet? data)
    {
        using var scope = NewDisposeScope();
        var batch = data is null ? recipe.Training.Batch : Trainer.BatchesOf(network, data.Train, recipe.Training).Size;
        var inputs = network.Graph.Inputs.Where(input => TorchTensors.Holds(input.Type)).ToDictionary(input => input.Name, input => zeros([input.Shape is [{ } first, ..] ? first : batch, .. shapes[input.Name].Skip(1)], TorchTensors.TypeOf(input.Type)));
        var (values, clock) = (0L, new Stopwatch());
        for (var run = 0; run < 2; run++)
        {
            using var inner = NewDisposeScope();
            values = 0;
            clock.Restart();
            network.Run(inputs, new Mode(Training: true, Momentum: 1e-9), (_, _, outputs) => values += outputs.Sum(output => output is null ? 0 : output.numel() * output.element_size()))[0].mean().backward();
        }
        foreach (var parameter in network.Parameters.Values) parameter.grad = null;
        var examples = data is null ? 1000 : (recipe.Training.Steps * batch ?? data.Train.Count * recipe.Training.Epochs) * (recipe.When == When.After ? recipe.Rounds : 1);
        // weights, gradients, two moments, the teacher, the file; activations and their gradients
        var bytes = 6.0 * 4 * network.Parameters.Values.Sum(parameter => parameter.numel()) + 2.0 * values * (recipe.Training.Checkpointing ? network.Segments.Share : 1);
        return (clock.Elapsed.TotalSeconds * examples / batch, RuntimeMb + bytes / (1 << 20));
    }
}
