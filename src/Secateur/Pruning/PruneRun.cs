using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
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
    private bool written;

    private PruneRun(OnnxModel model, string densePath, string modelHash, DataSet? data, Assignment task, Recipe recipe, RunFolder folder,
        Action<string, double, string> report, CancellationToken cancel)
    {
        (this.model, DensePath, ModelHash, this.data, this.recipe) = (model, densePath, modelHash, data, recipe);
        (this.folder, this.report, this.cancel) = (folder, report, cancel);
        network = new Network(model, takesOver: true);
        if (network.Weights.IsEmpty) throw new SecateurException($"{densePath}: holds no float32 weight of a convolution or matrix product, so there is nothing to prune");
        shapes = data is null ? null : Binding.Of(model.Graph, data.Train).Shapes(data.Train);
        Input = ModelFile.Facts(densePath, network, shapes);
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

    /// <summary>Zeros among all weights, in [0, 1].</summary>
    public double Sparsity
    {
        get
        {
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
        recipe = Effective(recipe, task, data);
        var folder = new RunFolder(output + ".run", Lineages.Key(hash, data, recipe), keepRounds);
        folder.Prepare(output);
        if (data is not null) DataFit.Check(model, data, task);
        var densePath = model.Path.Length > 0 ? model.Path : folder.Put("dense.onnx", model);
        return new(model, densePath, hash, data, task, recipe, folder, report, cancel);
    }

    /// <summary>The recipe with what it leaves open as it is best for the task.</summary>
    public static Recipe Effective(Recipe recipe, Assignment task, DataSet? data)
    {
        if (data is null) return recipe.Reconstruct == true ? throw new SecateurException("reconstruct: needs examples to fit weights on; give --data") : recipe;
        return !task.Teaches || Pruning.Cycle.Share(recipe, data) == 1 ? recipe.Alone() : recipe;
    }

    /// <summary>The recipe's sparsity or size as a target of the cycle.</summary>
    /// <exception cref="SecateurException">At once, before anything is trained: the recipe cannot reach it.</exception>
    public Target Target
    {
        get
        {
            var step = new MaskStep(network, recipe);
            if (recipe.Size is { } size) return SizeTarget.Of(DensePath, step, Input.Bytes, size);
            var sparsity = recipe.Sparsity ?? 0;
            if (sparsity > step.Reach + 1e-9 && !step.Choices.Any(choice => choice.Own is not null))
                throw new SecateurException($"{DensePath}: sparsity {sparsity:0.####} cannot be reached, the recipe leaves so much alone that {step.Reach:0.####} is the most; "
                    + "ask for less, keep fewer layers, or add --ends all");
            return (_, _) => sparsity;
        }
    }

    /// <summary>Runs the cycle to a target; afterwards the network is pruned.</summary>
    public RoundState To(Target target)
    {
        using var cycle = Cycle(recipe, folder, "");
        return cycle.Run(target, cancel);
    }

    /// <summary>Searches the highest sparsity within a loss of quality; afterwards the network is the best candidate.</summary>
    public (RoundState State, ImmutableArray<FrontierPoint> Frontier) Search(double maxDrop)
    {
        if (data is null) throw new SecateurException("maxDrop: a loss of quality can only be seen on data; give --data");
        RoundState Candidate(double sparsity)
        {
            Renew();
            using var cycle = Cycle(recipe, folder.Inner($"sparsity-{sparsity:0.00000}"), $"candidate {sparsity:0.0%}, ");
            return cycle.Run((_, _) => sparsity, cancel);
        }

        var reach = new MaskStep(network, recipe).Reach;
        var (best, frontier) = DropSearch.Run(reach, maxDrop, Task.Metric, sparsity => Candidate(sparsity) is var state ? (state.Dense, state.Rounds[^1].Quality) : default);
        return (Candidate(best), frontier); // all its rounds are saved: this only reads the last
    }

    /// <summary>The same request with another recipe, from the dense model again, as a file of its own.</summary>
    public (string Path, RoundState State, long Nonzero) Variant(string name, Recipe other, Target target)
    {
        var dense = ModelSource.Load(DensePath);
        using var pruned = new Network(dense);
        var inner = folder.Inner(name);
        using var cycle = new Cycle(pruned, teacher, data, Task, other, inner, (stage, done, detail) => report($"baseline {name}: {stage}", done, detail));
        var state = cycle.Run(target, cancel);
        pruned.Store();
        return (inner.Put("model.onnx", dense), state, pruned.Weights.Sum(weight => weight.Tensor.count_nonzero().item<long>()));
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
    public ImmutableArray<string> Notes(Quality? quality)
    {
        List<string> notes = [];
        if (model.Path.Length == 0) notes.Add("The model was new and untrained: what stands before is its first weights, and agreement with it means little.");
        else if (quality is { Drop: < 0 })
            notes.Add($"Fine-tuning was {(recipe.Training.Steps ?? recipe.Training.Epochs) * (recipe.When == When.After ? recipe.Rounds : 1)} {(recipe.Training.Steps is null ? "epochs" : "steps")} more than the dense model had; a gain may come from them as well as from pruning.");
        if (recipe.MaxDrop is { } drop) notes.Add($"The limit of {drop:0.####} was kept on the held-out part, which decides; the test part was looked at only once, at the end, and may differ by chance.");
        if (data is null) notes.Add("No data was given: nothing was fine-tuned and no quality was measured.");
        else if (!Task.HasLabels) notes.Add(data.Train.Target is null
            ? $"The data has no labels: the dense model was the teacher, and quality is how near the pruned model's answers are to its own ({Task.Facts.Metric}: {Task.Metric.Summary})."
            : $"The task {Task.Facts.Name} leaves labels unread: the dense model was the teacher, and quality is how near the pruned model's answers are to its own.");
        if (data is not null && Trainer.BatchesOf(network, data.Train, recipe.Training).Size is var size && size < Math.Min(recipe.Training.Batch, data.Train.Count)
            && Binding.Of(model.Graph, data.Train).FixedBatch is null && new Batches(data.Train, Binding.Of(model.Graph, data.Train), recipe.Training.Batch, long.MaxValue).Size > size)
            notes.Add($"Batches were cut from {recipe.Training.Batch} to at most {size} examples, whose values in between fit into 4 GB with their gradients.");
        var reached = network.Steps.Select(step => step.Node).ToHashSet();
        if (recipe.Reconstruct == true && data is not null && network.Weights.Where(weight => !reached.Contains(weight.Node) || Reconstruction.Refit.Fits(network, weight) is null).Select(weight => weight.Name).ToArray() is { Length: > 0 } left)
            notes.Add($"{left.Length} weights were pruned without fitting what stays, as they are no plain products of matrices, inside of a subgraph, or too wide: {string.Join(", ", left.Take(4))}{(left.Length > 4 ? ", ..." : "")}.");
        if (data is { DeclaresTest: false }) notes.Add("The data declares no test part: one was drawn by the seed and took no part in training or in decisions.");
        if (!recipe.Baselines) notes.Add("Baselines (random, uniform magnitude, a small dense model) were not run; --baselines adds them.");
        if (recipe.Storage == Storage.Dense) notes.Add("Zeros are stored like other weights, so the file packs smaller (gzip) but is no smaller itself; --storage sparse writes only what is left.");
        return [.. notes];
    }

    /// <summary>Writes the pruned model; gives its file's facts.</summary>
    public ModelFacts Write(string output)
    {
        network.Store();
        model.SetMetadata("secateur.sparsity", FormattableString.Invariant($"{Sparsity:0.######}"));
        model.SetMetadata("secateur.pruned-from", ModelHash);
        if (recipe.Storage == Storage.Sparse) SparseStorage.Apply(model, network.Weights.Select(weight => weight.Name));
        if (recipe.Size is { } size && model.Bytes is var bytes && bytes > size)
            throw new GateException($"{output}: would become {bytes:N0} bytes, over the {size:N0} asked for; ask for a little more");
        model.Save(output);
        written = true;
        return ModelFile.Facts(output, network, shapes);
    }

    /// <summary>Each tensor as it came out.</summary>
    public ImmutableArray<LayerResult> Layers() => LayerResults.Of(network, recipe, shapes);

    public void Finish() => folder.Finish();

    /// <summary>Takes back what was written, for a request that cannot be met.</summary>
    public void Abandon()
    {
        if (written) foreach (var file in model.Files) File.Delete(file);
        folder.Finish();
    }

    public void Dispose()
    {
        network.Dispose();
        teacher?.Dispose();
    }

    private static string RealPath(string path) => (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);

    private Cycle Cycle(Recipe what, RunFolder where, string label) =>
        new(network, teacher, data, Task, what, where, (stage, done, detail) => report(label + stage, done, detail));

    /// <summary>Dense weights again.</summary>
    private void Renew()
    {
        using var dense = new Network(ModelSource.Load(DensePath));
        using var frozen = no_grad();
        foreach (var (name, tensor) in dense.Constants)
            if (tensor.dtype == ScalarType.Float32) network.Constants[name].copy_(tensor);
    }
}
