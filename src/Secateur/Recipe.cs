using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Secateur.Structure;

namespace Secateur;

/// <summary>When weights go: <c>after</c> training in rounds, <c>during</c> it, or <c>before</c> it (training from the start under a mask).</summary>
public enum When
{
    After,
    During,
    Before,
}

/// <summary>Which layers at the ends stay denser.</summary>
public enum Ends
{
    /// <summary>A first convolution of under 1 % of the weights stays dense, the last layer keeps at least 20 % (Gale et al. 2019, arXiv:1902.09574, sec. 4).</summary>
    Literature,

    /// <summary>All layers alike.</summary>
    All,
}

/// <summary>How the scores of all weights that go with a unit become its own.</summary>
public enum GroupReduction
{
    Mean,
    Sum,
    Max,
    L2,
}

/// <summary>How the scores of a group's units are made comparable with other groups'.</summary>
public enum GroupScale
{
    /// <summary>They are comparable already, as losses are.</summary>
    None,

    /// <summary>Over their mean.</summary>
    Mean,

    /// <summary>Over the largest.</summary>
    Max,

    /// <summary>Over their sum.</summary>
    Sum,
}

/// <summary>How zeros lie in the file.</summary>
public enum Storage
{
    /// <summary>As zeros among the other elements.</summary>
    Dense,

    /// <summary>As ONNX sparse initializers wherever that is smaller.</summary>
    Sparse,
}

/// <summary>How a model learns.</summary>
/// <remarks>What is not told has other values where the dense model alone teaches; see <see cref="Alone"/>.</remarks>
public sealed record TrainingRecipe
{
    private readonly Untold<int> epochs = new(3), batch = new(128);
    private readonly Untold<double> learningRate = new(1e-3), weightDecay = new(1e-4), temperature = new(2);

    /// <summary>Of each round when pruning after training; in total when pruning during it. 3 unless told.</summary>
    public int Epochs { get => epochs.Value; init => epochs = new(value, true); }

    /// <summary>Steps instead of epochs; null goes by these.</summary>
    public int? Steps { get; init; }

    /// <summary>Examples of a step, 128 unless told; fewer where their values in between would take more than 4 GB.</summary>
    public int Batch { get => batch.Value; init => batch = new(value, true); }

    /// <summary><c>sgd</c> (with momentum), <c>adam</c>, <c>adamw</c>.</summary>
    public string Optimizer { get; init; } = "adam";

    /// <summary>0.001 unless told.</summary>
    public double LearningRate { get => learningRate.Value; init => learningRate = new(value, true); }

    public double Momentum { get; init; } = 0.9;

    /// <summary>Added to the gradient (decoupled for <c>adamw</c>), 0.0001 unless told. Without it weights whose input is always zero keep their first value and outlive better ones.</summary>
    public double WeightDecay { get => weightDecay.Value; init => weightDecay = new(value, true); }

    /// <summary><c>constant</c>, <c>cosine</c>, <c>step</c> (a tenth at one half and again at three quarters).</summary>
    public string LearningRateSchedule { get; init; } = "cosine";

    /// <summary>The fraction of all steps in which the learning rate rises from zero, in [0, 1).</summary>
    public double Warmup { get; init; } = 0.05;

    /// <summary>Largest random shift of a picture, in pixels.</summary>
    public int Shift { get; init; }

    /// <summary>Pictures are mirrored left to right at random.</summary>
    public bool Flip { get; init; }

    /// <summary>The share of pictures that are cut at a random column and go on as another of their batch, in [0, 1]; only where the dense model alone teaches, which can tell what is on them.</summary>
    public double Join { get; init; }

    /// <summary>The share of the dense model's answers in the loss, in [0, 1]; null takes 1 without labels and 0 with them.</summary>
    public double? Teacher { get; init; }

    /// <summary>Softens teacher and student alike (Hinton et al. 2015, arXiv:1503.02531); 2 unless told.</summary>
    public double Temperature { get => temperature.Value; init => temperature = new(value, true); }

    /// <summary>
    /// Whether batch normalization keeps its running statistics while it trains, made anew once the weights are pruned, instead of taking each batch's own;
    /// null does so where the dense model alone teaches, whose batches are small and of pictures of unlike shape.
    /// </summary>
    public bool? FrozenStatistics { get; init; }

    /// <summary>Whether a training step keeps only some of the values in between and computes the others again: less memory, up to twice the time.</summary>
    public bool Checkpointing { get; init; }

    /// <summary>Batches by which batch normalization's running statistics are made anew after training, at most twice the data; 0 leaves them.</summary>
    public int RecalibrationBatches { get; init; } = 50;

    /// <summary>With what was not told as it is best where the dense model alone teaches: 600 steps of 16 examples (fewer of a large model), a smaller rate, no
    /// decay, which would pull away from the teacher, and its answers as they are, since what stays was fitted to them.</summary>
    internal TrainingRecipe Alone() => this with
    {
        Steps = Steps ?? (epochs.IsTold ? null : UsualSteps),
        IsUsual = Steps is null && !epochs.IsTold,
        Batch = batch.Or(16),
        LearningRate = learningRate.Or(5e-4),
        WeightDecay = weightDecay.Or(0),
        Temperature = temperature.Or(1),
    };

    /// <summary>Steps where the dense model alone teaches and nobody told how many.</summary>
    internal const int UsualSteps = 600;

    private const int FewestSteps = 20;
    private const double MostWork = 2e13; // multiply-adds of all examples' forward passes: half an hour on two cores

    /// <summary>Whether nobody told how many steps.</summary>
    internal bool IsUsual { get; private init; }

    /// <summary>Fewer steps of a large model, where nobody told how many.</summary>
    /// <param name="macs">Multiply-adds of one example.</param>
    internal TrainingRecipe Within(long macs) => !IsUsual || macs <= 0 ? this : this with { Steps = (int)Math.Clamp(MostWork / ((double)macs * Batch), FewestSteps, UsualSteps) };
}

/// <summary>All that decides a run of the main job, together with the model, the data and the seed.</summary>
public sealed record Recipe
{
    private readonly Untold<string> criterion = new("magnitude"), allocation = new("global");
    private readonly Untold<Ends> ends = new(Ends.Literature);

    /// <summary>What the model is for (<c>secateur tasks</c>); null infers it from its outputs and the labels.</summary>
    public string? Task { get; init; }

    /// <summary>By which it is judged (<c>secateur metrics</c>); null takes the task's own.</summary>
    public string? Metric { get; init; }

    /// <summary><c>magnitude</c> unless told; <c>surgeon</c> where the dense model alone teaches, and <c>taylor</c> where units go by what data says.</summary>
    public string Criterion { get => criterion.Value; init => criterion = new(value, true); }

    public string Granularity { get; init; } = "unstructured";

    /// <summary><c>global</c> unless told; <c>sensitivity</c> where the dense model alone teaches.</summary>
    public string Allocation { get => allocation.Value; init => allocation = new(value, true); }

    /// <summary>
    /// Whether what stays of each weight is fitted, each time that weights have gone, so that its layer gives what it gave before (least squares on the calibration
    /// examples); null does so where the dense model alone teaches and weights go after training.
    /// </summary>
    public bool? Reconstruct { get; init; }

    public string Schedule { get; init; } = "one-shot";

    public When When { get; init; } = When.After;

    /// <summary>Prune and fine-tune so often; for <c>during</c>, the mask changes after so many equal parts of the training.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>The fraction of prunable weights to remove, in [0, 1).</summary>
    public double? Sparsity { get; init; }

    /// <summary>The largest output file, in bytes.</summary>
    public long? Size { get; init; }

    /// <summary>Of a structured granularity: the most multiply-accumulates of one example; up to 1, a share of the dense model's.</summary>
    public double? Macs { get; init; }

    /// <summary>Of a structured granularity: how many times faster it shall be in ONNX Runtime, over 1, with the run's threads.</summary>
    public double? Speedup { get; init; }

    /// <summary>Of a structured granularity: the longest that one example may take in ONNX Runtime, in milliseconds, with the run's threads.</summary>
    public double? Latency { get; init; }

    /// <summary>A table of latencies made by <c>benchmark --export-table</c>, on another machine perhaps; null measures on this one.</summary>
    public string? LatencyTable { get; init; }

    /// <summary>The largest loss of quality on the held-out part, in the metric's unit (0.01 is one point of accuracy); what gets better when it falls may rise so much.</summary>
    public double? MaxDrop { get; init; }

    /// <summary>Sparsity of single layers, by name or pattern (<c>fc1*</c>); these are left out of the allocation.</summary>
    public ImmutableSortedDictionary<string, double> Layers { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Layers to leave alone, by name or pattern.</summary>
    public ImmutableArray<string> Keep { get; init; } = [];

    /// <summary><c>literature</c> unless told; <c>all</c> where the dense model alone teaches and the allocation measures what each layer can do without.</summary>
    public Ends Ends { get => ends.Value; init => ends = new(value, true); }

    public Storage Storage { get; init; } = Storage.Dense;

    /// <summary>Of a structured granularity: how the scores of a unit's weights become its own.</summary>
    public GroupReduction GroupReduction { get; init; } = GroupReduction.Mean;

    /// <summary>Of a structured granularity: how groups are made comparable.</summary>
    public GroupScale GroupScale { get; init; } = GroupScale.Mean;

    /// <summary>Widths are left at a multiple of this; null takes 8 in groups of 64 or more, 4 in those of 16 or more. Heads go one by one.</summary>
    public int? RoundTo { get; init; }

    /// <summary>The share of every group that stays at least, in [0, 1].</summary>
    public double LeastKept { get; init; } = 0.1;

    /// <summary>Examples from which criteria take gradients and activations, and on which what stays is fitted.</summary>
    public int CalibrationExamples { get; init; } = 512;

    public TrainingRecipe Training { get; init; } = new();

    /// <summary>Whether random pruning, uniform magnitude and a small dense model are measured too.</summary>
    public bool Baselines { get; init; }

    public long Seed { get; init; } = 1;

    /// <summary>Whether units go whole, and the model becomes smaller, instead of single weights.</summary>
    [JsonIgnore]
    public bool IsStructured => UnitKinds.Of(Granularity) is not null;

    /// <summary>Whether channels, heads or the like go, each from all tensors that it stands on.</summary>
    [JsonIgnore]
    public bool TakesUnits => IsStructured && !LeavesOutLayers && !Rewrites;

    /// <summary>Whether residual branches and layers that keep their shape go whole.</summary>
    [JsonIgnore]
    public bool LeavesOutLayers => Granularity == UnitKind.Layer.Word();

    /// <summary>Whether weights are written as products of two.</summary>
    [JsonIgnore]
    public bool Factors => Granularity == UnitKind.Rank.Word();

    /// <summary>Whether the model is written anew before it is trained: as products of two, or with residual streams in fewer directions.</summary>
    [JsonIgnore]
    public bool Rewrites => Factors || Granularity == UnitKind.Embedding.Word();

    /// <summary>Of a model of integers: nothing is trained, as what was learned could not be written.</summary>
    internal Recipe Untrained() => Reconstruct == true ? throw new SecateurException("reconstruct: fits weights anew, and this model's are integers behind DequantizeLinear; leave it out")
        : this with { Reconstruct = false, Training = Training with { Steps = 0, RecalibrationBatches = 0 } };

    /// <summary>With what was not told as it is best where there is data.</summary>
    internal Recipe Seen() => IsStructured && !Rewrites ? this with { Criterion = criterion.Or("taylor") } : this;

    /// <summary>With no more training than a model of so many multiply-adds an example can have in reasonable time, where nobody told how much.</summary>
    internal Recipe Within(long macs) => this with { Training = Training.Within(macs) };

    /// <summary>With what was not told as it is best where the dense model alone teaches.</summary>
    internal Recipe Alone() => this with
    {
        Criterion = Rewrites ? Criterion : criterion.Or(IsStructured ? "taylor" : "surgeon"),
        Allocation = allocation.Or(IsStructured ? "global" : "sensitivity"),
        Ends = ends.Or(allocation.Or("sensitivity") == "sensitivity" ? Ends.All : Ends.Literature),
        Reconstruct = Reconstruct ?? (When == When.After && !Rewrites),
        Training = Training.Alone(),
    };
}
