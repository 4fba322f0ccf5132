using System.Collections.Immutable;
using System.Diagnostics;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Pruning;

namespace Secateur;

/// <summary>The main job: a model and its data in, a pruned ONNX file that is still good out, with the evidence.</summary>
public sealed class Pruner
{
    private readonly string source;
    private readonly Recipe recipe;

    private Pruner(string source, Recipe recipe) => (this.source, this.recipe) = (source, recipe);

    /// <param name="modelOrArchitecture">An ONNX file, or the name of an architecture that is then trained from the start.</param>
    public static Pruner For(string modelOrArchitecture) => new(modelOrArchitecture, new Recipe { Sparsity = 0.9 });

    /// <exception cref="SecateurException">A value of the recipe is not known or out of its range.</exception>
    public Pruner With(Recipe recipe) => new(source, Effective(recipe.Check("recipe")));

    /// <summary>Prunes, writes the file, and measures it beside the dense one.</summary>
    /// <param name="data">Null prunes by criteria that need no example, without fine-tuning.</param>
    /// <param name="output">The pruned ONNX file. Rounds are saved in a folder beside it; a run that was killed goes on from there.</param>
    /// <param name="options">What does not change the model.</param>
    /// <param name="progress">Told of every stage.</param>
    /// <param name="cancel">Looked at in every batch.</param>
    /// <exception cref="SecateurException">The model, the data or the target is wrong; nothing is left behind.</exception>
    /// <exception cref="GateException">No sparsity keeps the quality asked for.</exception>
    public PruneResult Run(DataSet? data, string output, PruneOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancel = default)
    {
        options ??= new();
        var clock = Stopwatch.StartNew();
        AtomicFile.Probe(output);
        using var lean = data is null ? NativeRuntime.Lean() : null;
        void Report(string stage, double fraction, string detail) => progress?.Report(new(stage, fraction, detail));

        Report("reading the model", 0, source);
        using var run = PruneRun.Open(source, data, recipe, output, options.KeepRounds, Report, cancel);
        try
        {
            var step = recipe.MaxDrop is null ? run.Step() : null; // refuses what cannot be reached, before anything is said
            if (data is not null) progress?.Report(Progress.Note("task", $"{run.Task}"));
            return Carry(run, step, data, output, options, clock, Report, cancel);
        }
        catch (Exception e) when (e is SecateurException or GateException) // interrupted it would go on; wrong it would only be wrong again
        {
            run.Abandon();
            throw;
        }
    }

    /// <summary>What a run would do, without doing it.</summary>
    /// <param name="data">Null is enough; with data the time is told in full.</param>
    public PrunePlan Plan(DataSet? data = null) => PrunePlan.Of(source, recipe, data);

    private PruneResult Carry(PruneRun run, PruneStep? step, DataSet? data, string output, PruneOptions options, Stopwatch clock, Action<string, double, string> report, CancellationToken cancel)
    {
        var (state, frontier) = step is null ? run.Search(recipe.MaxDrop!.Value) : (run.To(step), []);
        var written = run.Write(output, options.Masked);

        var evidence = new Evidence(run.DensePath, output, run.Task.Facts, run.Recipe, report, cancel);
        var quality = data is null ? null : evidence.Quality(data);
        var peak = Lineages.PeakMb(); // the latency benchmark sets the kernel's mark back
        var latency = options.Benchmark ? evidence.Latency(data) : [];
        var baselines = recipe.Baselines && data is not null ? Baselines.Run(run, data, state, report, cancel) : [];
        var result = new PruneResult
        {
            Input = run.Input with { Path = source },
            Output = written,
            Sparsity = run.Sparsity,
            Layers = run.Layers(),
            Task = data is null ? null : run.Task.Facts,
            Metric = run.Task.Facts.Metric,
            Quality = quality?.Compare(),
            HeldOut = data is null ? null : new Quality(state.Dense, state.Rounds[^1].Quality, run.Task.Metric.LowerIsBetter),
            Slices = quality?.CompareSlices() ?? [],
            Rounds = state.Rounds,
            Frontier = frontier,
            LayersDropped = state.LayersDropped,
            Baselines = baselines,
            Latency = latency,
            Scores = state.Scores,
            LargestLosses = quality is null ? [] : LargestLosses.Of(quality, data!.Test),
            Agreement = quality?.Results[1].Agreement,
            Data = data is null ? null : Lineages.Facts(data),
            Recipe = run.Recipe,
            Lineage = Lineages.Of(run.ModelHash, data, run.Recipe, options.Command),
            Cost = new Cost(clock.Elapsed.TotalSeconds, state.TrainingSeconds, state.ExamplesSeen, Math.Max(peak, Lineages.PeakMb()), TorchSharp.torch.get_num_threads()),
            Notes = run.Notes(quality?.Compare()),
        };
        run.Finish();
        return result;
    }

    /// <summary>Defaults that depend on other values: a granularity such as 2:4 is a target by itself.</summary>
    private static Recipe Effective(Recipe recipe) =>
        recipe is { Sparsity: null, Size: null, MaxDrop: null, Macs: null, Speedup: null, Latency: null }
            ? recipe with { Sparsity = recipe.IsStructured ? 0.5 : Granularities.Granularity.Parse(recipe.Granularity).FixedSparsity ?? 0.9 }
            : recipe with { Storage = recipe.Size is null || recipe.IsStructured ? recipe.Storage : Storage.Sparse };
}
