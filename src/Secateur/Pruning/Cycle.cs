using System.Collections.Immutable;
using System.Diagnostics;
using Secateur.Allocations;
using Secateur.Criteria;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Reconstruction;
using Secateur.Schedules;
using Secateur.Tasks;
using Secateur.Training;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>Says which sparsity of all weights the last round shall have, from the scores that a round sees.</summary>
internal delegate double Target(MaskStep step, IReadOnlyList<(Choice Choice, Tensor Units)> scored);

/// <summary>Score, threshold, mask, fine-tune, measure, save; again, until the schedule is done. A cycle that was killed goes on after its last saved round.</summary>
internal sealed class Cycle : IDisposable
{
    private readonly Network network;
    private readonly Network? teacher;
    private readonly DataSet? data;
    private readonly Recipe recipe;
    private readonly RunFolder folder;
    private readonly Action<string, double, string> report;
    private readonly Objective objective;
    private readonly PruneStep step;
    private readonly Measurement? measurement;
    private readonly Masks nothing = new();
    private SmallerNetwork? smaller; // where a training has one in the network's place

    /// <summary>What has gone so far.</summary>
    public Masks Masks { get; } = new();

    /// <param name="network">Dense at the start; pruned when the cycle is done.</param>
    /// <param name="teacher">The dense model; may be null where neither loss nor metric asks it.</param>
    /// <param name="data">Null prunes without looking at any example and trains nothing.</param>
    /// <param name="recipe">Checked.</param>
    /// <param name="folder">Where rounds are saved.</param>
    /// <param name="report">Takes a stage, the fraction of it that is done, and what is seen.</param>
    /// <param name="task">On the network's graph.</param>
    /// <param name="step">Of the network: says what goes, and how much.</param>
    public Cycle(Network network, Network? teacher, DataSet? data, Assignment task, Recipe recipe, PruneStep step, RunFolder folder, Action<string, double, string> report)
    {
        (this.network, this.teacher, this.data, this.recipe, this.folder, this.report) = (network, teacher, data, recipe, folder, report);
        objective = new(task, Share(recipe, data), recipe.Training.Temperature);
        this.step = step;
        measurement = data is null ? null : new(network, teacher, task, data.HeldOut, recipe.Training.Batch);
    }

    /// <summary>The teacher's share in the loss where labels can teach too.</summary>
    public static double Share(Recipe recipe, DataSet? data) => recipe.Training.Teacher ?? (data?.Loss == "distillation" ? 1 : 0);

    /// <summary>How good the dense model is on the held-out part; null where the network is that model when the cycle starts.</summary>
    public double? Dense { get; init; }

    private bool Reconstructs => recipe.Reconstruct == true && data is not null;

    /// <summary>Runs all that is not yet done.</summary>
    public RoundState Run(CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        var loaded = folder.Load(network, Masks);
        step.Resume(Masks);
        var state = loaded ?? new(0, Dense ?? Measure(cancel).Quality, [], null, 0, 0);
        var steps = data is null ? 0 : Trainer.BatchesOf(network, data.Train, recipe.Training).PerEpoch;
        var segments = Segment.Plan(recipe, steps);
        Trainer? trainer = null;
        try
        {
            for (var number = state.Segments; number < segments.Length; number++)
            {
                cancel.ThrowIfCancellationRequested();
                var (segment, clock) = (segments[number], Stopwatch.StartNew());
                var name = segment.Round == 0 ? "training before the first round" : $"round {segment.Round} of {recipe.Rounds}";
                var aim = 0.0;
                if (segment.Round > 0)
                {
                    var scores = Prune(segment.Round, number, name, out aim, cancel);
                    state = state with { Scores = number == segments.Length - 1 ? scores : null, LayersDropped = state.LayersDropped.AddRange(step.Dropped) };
                }
                var frozen = Trainer.Freezes(recipe.Training, objective);
                if (frozen && !Reconstructs) Recalibrate(number, cancel); // pruning has moved what the statistics are of; what was fitted was so to those that are there
                if (segment.Of > 0) // also for a stretch without a step: what is saved after it holds the optimizer
                {
                    if (segment.Fresh) trainer?.Dispose();
                    if (segment.Fresh || trainer is null) trainer = NewTrainer(segments, number);
                    if (segment.To > segment.From) state = Train(trainer, segment, name, step.Sparsity(Masks, network), state, cancel);
                }
                if (!frozen) Recalibrate(number, cancel);
                var (quality, loss) = Measure(cancel);
                report(name, 1, data is null ? $"sparsity {step.Sparsity(Masks, network):0.0%}" : $"sparsity {step.Sparsity(Masks, network):0.0%}, {Held(quality)}");
                var round = new RoundResult(segment.Round, aim, step.Sparsity(Masks, network), quality, loss, clock.Elapsed.TotalSeconds);
                state = state with { Segments = number + 1, Rounds = state.Rounds.Add(round) };
                if (data is not null) folder.Save(network, Masks, state, trainer?.Optimizer); // without data a run is as quick as its saving
            }
        }
        finally
        {
            trainer?.Dispose();
        }
        return state;
    }

    private void Recalibrate(int segment, CancellationToken cancel)
    {
        if (data is null) return;
        Recalibration.Run(network, data.Train, recipe.Training.RecalibrationBatches, recipe.Training.Batch, Seeds.Derive(recipe.Seed, "segment", segment), cancel);
    }

    private ScoreHistogram? Prune(int round, int number, string name, out double aim, CancellationToken cancel)
    {
        var criterion = Criterion.All[recipe.Criterion];
        using var scope = NewDisposeScope();
        using var statistics = Calibration.Collect(network, objective, data?.Train, criterion.Needs, recipe.CalibrationExamples,
            Seeds.Derive(recipe.Seed, "calibration", number), done => report($"{name}: {recipe.Criterion} scores", done, ""), cancel);
        if (step is MaskStep weights) weights.Sensitivities = scored => Sensitivities(weights, number, name, scored, cancel);
        using var before = Reconstructs ? Copy() : null;
        var histogram = step.Run(statistics, Masks, new(Schedule.All[recipe.Schedule], round, recipe.Rounds), out aim, cancel);
        Masks.Apply(network);
        if (before is not null) Reconstruct(number, name, before, cancel);
        return histogram;
    }

    /// <summary>What pruning each layer alone would do, measured on a part of the calibration examples after fitting on the rest.</summary>
    private Dictionary<string, Curve> Sensitivities(MaskStep weights, int number, string name, IReadOnlyList<(Choice Choice, Tensor Units)> scored, CancellationToken cancel)
    {
        if (data is null) throw new SecateurException($"allocation {recipe.Allocation}: measures on examples; give --data, or take --allocation global");
        var sample = Calibration.Sample(network, data.Train, 1, Math.Min(Probe.MostExamples, recipe.CalibrationExamples), Seeds.Derive(recipe.Seed, "sensitivity", number));
        var binding = Binding.Of(network.Graph, data.Train);
        var judges = binding.FixedBatch is not null ? int.MaxValue : Probe.Judges(Work.Of(network.Model, Shapes.Of(network, inputs: binding.Shapes(data.Train))).Total, scored.Count);
        return Probe.Run(network, weights, scored, sample, objective.Task, judges, Reconstructs, done => report($"{name}: {recipe.Allocation}", done, ""), cancel);
    }

    private void Reconstruct(int number, string name, Network before, CancellationToken cancel)
    {
        var sample = Calibration.Sample(network, data!.Train, 2, recipe.CalibrationExamples, Seeds.Derive(recipe.Seed, "reconstruct", number));
        Refit.Run(network, before, Masks, sample, done => report($"{name}: reconstructing", done, ""), cancel);
    }

    /// <summary>The network as it is now, as one of its own.</summary>
    private Network Copy()
    {
        var copy = new Network(teacher!.Model);
        using var frozen = no_grad();
        foreach (var (name, tensor) in network.Constants)
            if (TorchTensors.IsLearnable(tensor.dtype)) copy.Constants[name].copy_(tensor);
        return copy;
    }

    /// <summary>The trainer of the training that a segment belongs to; where it goes on, with the optimizer as it was saved.</summary>
    private Trainer NewTrainer(ImmutableArray<Segment> segments, int number)
    {
        var first = number;
        while (!segments[first].Fresh) first--;
        smaller?.Dispose();
        smaller = segments[number] is { Fresh: true } whole && whole.To == whole.Of ? step.Smaller(Masks) : null; // no other masks may come while it goes on
        var trainer = new Trainer(smaller?.Network ?? network, teacher, objective, data!.Train, recipe.Training, smaller is null ? Masks : nothing, Seeds.Derive(recipe.Seed, "training", first))
        {
            Batches = Trainer.BatchesOf(network, data.Train, recipe.Training),
        };
        if (first < number) folder.LoadOptimizer(trainer.Optimizer);
        return trainer;
    }

    private RoundState Train(Trainer trainer, Segment segment, string name, double sparsity, RoundState state, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        double Judged()
        {
            smaller?.Return();
            return Measure(cancel).Loss;
        }

        void Told(long at, double loss) => report($"{name}: fine-tuning", (double)(at - segment.From) / (segment.To - segment.From), $"sparsity {sparsity:0.0%}, loss {loss:0.000}");
        if (objective.Teacher == 1 && segment is { Fresh: true } && segment.To == segment.Of && data!.HeldOut.Count > 0)
        {
            var best = CarefulTraining.Run(trainer, smaller?.Network ?? network, segment.To, Judged, Told, cancel);
            report($"{name}: fine-tuning", 1, $"sparsity {sparsity:0.0%}, {best}");
        }
        else trainer.Run(segment.From, segment.To, segment.Of, Told, cancel);
        smaller?.Return();
        return state with
        {
            TrainingSeconds = state.TrainingSeconds + clock.Elapsed.TotalSeconds,
            ExamplesSeen = state.ExamplesSeen + (segment.To - segment.From) * (data!.Train.Count / trainer.StepsPerEpoch),
        };
    }

    public void Dispose()
    {
        smaller?.Dispose();
        nothing.Dispose();
        measurement?.Dispose();
        Masks.Dispose();
    }

    private (double Quality, double Loss) Measure(CancellationToken cancel) => measurement?.Of(cancel) ?? default;

    private string Held(double quality) => $"held-out {objective.Task.Facts.Metric} {(objective.Task.Metric.IsShare ? $"{quality:0.00%}" : $"{quality:0.####}")}";

}
