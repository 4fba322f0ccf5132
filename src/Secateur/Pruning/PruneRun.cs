using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Tasks;
using Secateur.Training;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>One request of the main job while it is carried out: the dense model, the network that is pruned, and where rounds are saved.</summary>
internal sealed class PruneRun : IDisposable
{
    private readonly OnnxModel model;
    private readonly DataSet? data;
    private readonly Recipe recipe;
    private readonly RunFolder folder;
    private readonly Action<string, double, string> report;
    private readonly CancellationToken cancel;
    private readonly Network? teacher;
    private readonly Network network;
    private readonly IReadOnlyDictionary<string, long[]>? shapes; // of one example's inputs
    private readonly Structures? structures; // null where single weights go
    private readonly LayerPruning? layers; // null where no residual branches go
    private LayerSpeed? speed; // of layers, where one is asked for
    private readonly Rewriting? rewriting; // null where the graph stays until the end
    private readonly bool isQuantized; // the network holds the numbers that the model's integers stand for
    private IReadOnlyDictionary<Dimension, bool[]> kept = new Dictionary<Dimension, bool[]>();
    private ImmutableArray<Choice> choices = [];
    private UnitBudget? budget;
    private readonly List<string> written = [];

    private PruneRun(OnnxModel model, string densePath, string modelHash, DataSet? data, Assignment task, Recipe recipe, RunFolder folder, Rewriting? rewriting, OnnxModel? integers,
        Action<string, double, string> report, CancellationToken cancel)
    {
        (this.rewriting, isQuantized) = (rewriting, integers is not null);
        (this.model, DensePath, ModelHash, this.data, this.recipe) = (model, densePath, modelHash, data, recipe);
        (this.folder, this.report, this.cancel) = (folder, report, cancel);
        network = new Network(model, takesOver: true);
        if (network.Weights.IsEmpty) throw new SecateurException($"{densePath}: holds no weight of a convolution or matrix product, so there is nothing to prune");
        shapes = data is null ? null : Binding.Of(model.Graph, data.Train).Shapes(data.Train);
        Input = rewriting is null ? ModelFile.Facts(densePath, network, shapes) : ModelFile.Facts(densePath, shapes);
        this.recipe = recipe = recipe.Within(Input.Macs);
        structures = recipe.TakesUnits ? new Structures(densePath, network, integers, shapes, recipe, report, cancel) : null;
        layers = recipe.LeavesOutLayers ? new LayerPruning(network, shapes, recipe) : null;
        Task = task;
        var asksTeacher = recipe.Reconstruct == true || !Task.Teaches || !Task.Metric.NeedsLabels || Pruning.Cycle.Share(recipe, data) > 0;
        teacher = data is not null && asksTeacher ? new Network(OnnxModel.Load(densePath)) : null;
    }

    /// <summary>What the model is taken for.</summary>
    public Assignment Task { get; }

    /// <summary>The dense model's file.</summary>
    public string DensePath { get; }

    /// <summary>The dense model's file as it was measured.</summary>
    public ModelFacts Input { get; }

    /// <summary>SHA-256 of the dense model's file.</summary>
    public string ModelHash { get; }

    /// <summary>Of all weights what is zero, or no more, in [0, 1].</summary>
    public double Sparsity
    {
        get
        {
            if (rewriting is not null) return rewriting.Sparsity;
            using var scope = NewDisposeScope();
            return network.Weights.Sum(weight => weight.Elements - weight.Tensor.count_nonzero().item<long>()) / (double)network.Weights.Sum(weight => weight.Elements);
        }
    }

    /// <summary>Opens the model, checks that the data fits it, and finds what an earlier start of the same request has saved.</summary>
    public static PruneRun Open(string source, DataSet? data, Recipe recipe, string output, bool keepRounds, Action<string, double, string> report, CancellationToken cancel)
    {
        var model = ModelSource.Open(source, data, recipe.Seed);
        if (model.Files.Any(file => RealPath(file) == RealPath(output) || RealPath(file) == RealPath(output + ".data")))
            throw new SecateurException($"{output}: is the model to prune itself, which is still needed to compare with; name another file to write");
        var hash = model.Path.Length > 0 ? ModelFile.Hash(model.Files) : model.Hash();
        var task = Assignment.Of(model.Graph, data?.Train, recipe.Task ?? data?.Task, recipe.Metric ?? data?.Metric);
        var floats = recipe.TakesUnits ? Dequantized.Of(model) : null;
        recipe = Effective(floats is null ? recipe : recipe.Untrained(), task, data);
        var folder = new RunFolder(output + ".run", Lineages.Key(hash, data, recipe), keepRounds);
        folder.Prepare(output);
        if (data is not null) DataFit.Check(model, data, task);
        var densePath = model.Path.Length > 0 ? model.Path : folder.Put("dense.onnx", model);
        var speed = recipe is { Speedup: null, Latency: null } ? null : new RewritingSpeed(densePath, recipe, data is null ? null : Binding.Of(model.Graph, data.Train).Shapes(data.Train), folder, report, cancel);
        var rewriting = recipe.Rewrites ? Rewriting.Of(model, data, recipe, speed, report, cancel) : null;
        return new(rewriting?.Model ?? floats ?? model, densePath, hash, data, task, recipe, folder, rewriting, floats is null ? null : model, report, cancel);
    }

    /// <summary>The recipe with what it leaves open as it is best for the task.</summary>
    public static Recipe Effective(Recipe recipe, Assignment task, DataSet? data)
    {
        if (data is null) return recipe.Reconstruct == true ? throw new SecateurException("reconstruct: needs examples to fit weights on; give --data") : recipe;
        return !task.Teaches || Pruning.Cycle.Share(recipe, data) == 1 ? recipe.Alone() : recipe.Seen();
    }

    /// <summary>What the recipe asks for as a step of the cycle.</summary>
    /// <exception cref="SecateurException">At once, before anything is trained: the recipe cannot reach it.</exception>
    public PruneStep Step() => rewriting is not null ? new RewrittenStep(rewriting, network) : layers is not null ? StepOf(layers, network, recipe, LayersBudget(layers)) : structures is not null ? structures.Step(network, recipe, Budget()) : Weights(network, recipe, recipe.Sparsity ?? 0);

    /// <summary>Runs the cycle to its end; afterwards the network is pruned.</summary>
    public RoundState To(PruneStep step) => Carry(network, teacher, recipe, step, folder, "");

    /// <summary>Searches the highest sparsity within a loss of quality; afterwards the network is the best candidate. Of structure it is the share of the work that goes.</summary>
    public (RoundState State, ImmutableArray<FrontierPoint> Frontier) Search(double maxDrop)
    {
        if (data is null) throw new SecateurException("maxDrop: a loss of quality can only be seen on data; give --data");
        RoundState Candidate(double sparsity)
        {
            Renew();
            return Carry(network, teacher, recipe, StepOf(network, recipe, sparsity), folder.Inner($"sparsity-{sparsity:0.00000}"), $"candidate {sparsity:0.0%}, ");
        }

        var reach = layers?.Reach ?? structures?.Reach ?? new MaskStep(network, recipe).Reach;
        var (best, frontier) = DropSearch.Run(reach, maxDrop, Task.Metric, sparsity => Candidate(sparsity) is var state ? (state.Dense, state.Rounds[^1].Quality) : default);
        return (Candidate(best), frontier); // all its rounds are saved: this only reads the last
    }

    /// <summary>The same request with another recipe, from the dense model again, as a file of its own.</summary>
    /// <param name="name">Of the folder and in messages.</param>
    /// <param name="other">Of the same granularity.</param>
    /// <param name="sparsity">What the request itself came to.</param>
    public (string Path, RoundState State, long Nonzero) Variant(string name, Recipe other, double sparsity)
    {
        var dense = Again();
        using var pruned = new Network(dense);
        var inner = folder.Inner(name);
        PruneStep step = layers is not null ? StepOf(layers, pruned, other, layers.Reached()) : structures is not null ? structures.Step(pruned, other, Budget()) : Weights(pruned, other, sparsity);
        using var cycle = new Cycle(pruned, teacher, data, Task, other, step, inner, (stage, done, detail) => report($"baseline {name}: {stage}", done, detail));
        var state = cycle.Run(cancel);
        pruned.Store();
        var nonzero = pruned.Weights.Sum(weight => weight.Tensor.count_nonzero().item<long>());
        return (inner.Put("model.onnx", step.Remove(cycle.Masks, isQuantized ? ModelSource.Load(DensePath) : dense)), state, nonzero);
    }

    public RunFolder Folder => folder;

    public Recipe Recipe => recipe;

    public OnnxModel Model => model;

    /// <summary>Parameters that are not zero, of all that is learned.</summary>
    public long Nonzero
    {
        get
        {
            using var scope = NewDisposeScope();
            return network.Parameters.Values.Sum(parameter => parameter.count_nonzero().item<long>());
        }
    }

    /// <summary>What the reader of the result should know.</summary>
    public ImmutableArray<string> Notes(Quality? quality) => [.. isQuantized ? (string[])[RunNotes.Quantized] : [], .. speed?.Note is { } steps ? (string[])[steps] : [], .. RunNotes.Of(model, network, data, recipe, Task, quality)];

    /// <summary>Writes the pruned model; gives its file's facts.</summary>
    /// <param name="output">The file.</param>
    /// <param name="masked">A file for the twin, where units went: the whole model with zeros in their place; null writes none.</param>
    public ModelFacts Write(string output, string? masked)
    {
        network.Store();
        layers?.Clear(network);
        model.SetMetadata("secateur.sparsity", FormattableString.Invariant($"{Sparsity:0.######}"));
        model.SetMetadata("secateur.pruned-from", ModelHash);
        if (layers is not null) return layers.Write(model, output, masked, shapes, Sign);
        if (structures is not null) return structures.Write(model, kept, output, masked, shapes, Sign);
        if (rewriting is not null) return SmallerModel.Write(model, () => rewriting.Twin(model), recipe, output, masked, shapes, Sign);
        if (recipe.Storage == Storage.Sparse) SparseStorage.Apply(model, network.Weights.Select(weight => weight.Name));
        if (recipe.Size is { } size && model.Bytes is var bytes && bytes > size)
            throw new GateException($"{output}: would become {bytes:N0} bytes, over the {size:N0} asked for; ask for a little more");
        model.Save(output);
        Sign(model.Files);
        return ModelFile.Facts(output, network, shapes);
    }

    /// <summary>Each tensor as it came out.</summary>
    public ImmutableArray<LayerResult> Layers() => LayerResults.Of(network, choices, shapes);

    public void Finish() => folder.Finish();

    /// <summary>Takes back what was written, for a request that cannot be met.</summary>
    public void Abandon()
    {
        foreach (var file in written) File.Delete(file);
        folder.Finish();
    }

    public void Dispose()
    {
        layers?.Dispose();
        structures?.Dispose();
        network.Dispose();
        teacher?.Dispose();
    }

    private static string RealPath(string path) => (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);

    private RoundState Carry(Network pruned, Network? dense, Recipe what, PruneStep step, RunFolder where, string label)
    {
        using var cycle = new Cycle(pruned, dense, data, Task, what, step, where, (stage, done, detail) => report(label + stage, done, detail)) { Dense = rewriting is null || data is null ? null : DenseQuality(data) };
        var state = cycle.Run(cancel);
        choices = step.Choices;
        if (step is UnitStep units) kept = units.KeptBy(cycle.Masks);
        if (step is LayerStep left) layers!.Take(left, cycle.Masks);
        return state;
    }

    /// <summary>Of the model as it was before it was written anew.</summary>
    private double DenseQuality(DataSet data)
    {
        if (teacher is not null) return Of(teacher);
        using var dense = new Network(OnnxModel.Load(DensePath));
        return Of(dense);

        double Of(Network dense)
        {
            using var measurement = new Measurement(dense, teacher, Task, data.HeldOut, recipe.Training.Batch);
            return measurement.Of(cancel).Quality;
        }
    }

    private PruneStep StepOf(Network pruned, Recipe what, double sparsity) =>
        layers is not null ? StepOf(layers, pruned, what, layers.Macs.Share(1 - sparsity))
        : structures is not null ? structures.Step(pruned, what, structures.Macs.Share(1 - sparsity)) : Weights(pruned, what, sparsity);

    private LayerBudget LayersBudget(LayerPruning plan)
    {
        if (recipe is { Speedup: null, Latency: null }) return plan.Budget();
        speed = new(DensePath, recipe, shapes, folder, report, cancel);
        return plan.SpeedBudget(speed, Looks, report);
    }

    /// <summary>What losses are seen on; null without data.</summary>
    private (DataSet Data, Network? Teacher, Assignment Task)? Looks => data is null ? null : (data, teacher, Task);

    private LayerStep StepOf(LayerPruning plan, Network pruned, Recipe what, LayerBudget budget) =>
        plan.Step(pruned, what, budget, Looks, report);

    /// <summary>What units may cost. A speed is measured once: what came of it is kept with the rounds, so that a run that was killed ends alike.</summary>
    private UnitBudget Budget()
    {
        if (recipe is { Speedup: null, Latency: null }) return structures!.Budget();
        if (budget is not null) return budget;
        using var scope = NewDisposeScope();
        if (folder.Number("latency limit") is { } known) return budget = structures!.Latency with { Limit = known };
        var objective = new Objective(Task, Pruning.Cycle.Share(recipe, data), recipe.Training.Temperature);
        var criterion = Criteria.Criterion.All[recipe.Criterion];
        using var statistics = Criteria.Calibration.Collect(network, objective, data?.Train, criterion.Needs, recipe.CalibrationExamples,
            Seeds.Derive(recipe.Seed, "calibration", 0), done => report($"{recipe.Criterion} scores", done, ""), cancel);
        var step = structures!.Step(network, recipe, structures.Macs);
        budget = structures.SpeedBudget(step.Scores(statistics, cancel), folder);
        folder.SetNumber("latency limit", budget.Limit);
        return budget;
    }

    private MaskStep Weights(Network pruned, Recipe what, double sparsity)
    {
        var step = new MaskStep(pruned, what);
        if (what.Size is { } size) return new MaskStep(pruned, what) { Target = SizeTarget.Of(DensePath, step, Input.Bytes, size) };
        if (sparsity > step.Reach + 1e-9 && !step.Choices.Any(choice => choice.Own is not null))
            throw new SecateurException($"{DensePath}: sparsity {sparsity:0.####} cannot be reached, the recipe leaves so much alone that {step.Reach:0.####} is the most; "
                + "ask for less, keep fewer layers, or add --ends all");
        return new MaskStep(pruned, what) { Target = (_, _) => sparsity };
    }

    private void Sign(IEnumerable<string> files) => written.AddRange(files);

    /// <summary>The dense model as the network took it.</summary>
    private OnnxModel Again() => ModelSource.Load(DensePath) is var dense && isQuantized ? Dequantized.Of(dense)! : dense;

    /// <summary>Dense weights again.</summary>
    private void Renew()
    {
        using var dense = new Network(Again());
        using var frozen = no_grad();
        foreach (var (name, tensor) in dense.Constants)
            if (TorchTensors.IsLearnable(tensor.dtype)) network.Constants[name].copy_(tensor);
    }
}
