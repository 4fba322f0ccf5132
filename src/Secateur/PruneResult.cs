using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Secateur.Tasks;

namespace Secateur;

/// <summary>A model file as it was measured.</summary>
public sealed record ModelFacts(string Path, string Sha256, long Bytes, long GzipBytes, long Parameters, long Nonzero, long Macs);

/// <summary>What happened to one tensor: <c>pruned</c> or <c>kept</c>, and why.</summary>
/// <param name="Sparsity">The fraction of zeros, in [0, 1].</param>
/// <param name="Macs">Multiply-accumulates of one example in the node that uses it; those of zeros not taken off.</param>
public sealed record LayerResult(string Name, string Node, ImmutableArray<long> Shape, long Parameters, long Nonzero, double Sparsity, string Verdict, string Why, long Macs);

/// <summary>Quality on one part of the data. Fractions in [0, 1] where the metric is one.</summary>
/// <param name="LowerIsBetter">As with perplexity and errors.</param>
public sealed record Quality(double Before, double After, bool LowerIsBetter = false)
{
    /// <summary>What was lost, in the metric's own unit; negative where it got better.</summary>
    public double Drop => LowerIsBetter ? After - Before : Before - After;
}

/// <summary>Quality of a class.</summary>
public sealed record SliceResult(string Slice, long Samples, double Before, double After);

/// <summary>One round of the schedule, measured on the held-out part.</summary>
public sealed record RoundResult(int Round, double TargetSparsity, double Sparsity, double Quality, double Loss, double Seconds);

/// <summary>One candidate of a search: a sparsity, the held-out quality that it reached, whether it met the target.</summary>
public sealed record FrontierPoint(double Sparsity, double Quality, double Drop, bool Met);

/// <summary>A residual branch or a layer that was left out, measured before anything was fine-tuned again.</summary>
/// <param name="Name">Its first weight.</param>
/// <param name="Round">In which it went.</param>
/// <param name="Loss">Of the task on the calibration examples without it and those before it; null where no loss decided.</param>
/// <param name="Quality">On the held-out part; null without data.</param>
/// <param name="Cost">What is left of what the target counts (parameters, multiply-accumulates or bytes), as a share of the dense model's.</param>
public sealed record DroppedLayer(string Name, int Round, double? Loss, double? Quality, double Cost);

/// <summary>A way to be as small by other means, on the same data and budget.</summary>
/// <param name="Name"><c>random</c>, <c>uniform magnitude</c>, <c>small dense</c>.</param>
/// <param name="Value">On the test part; null where it could not be made, then <paramref name="Note"/> says why.</param>
public sealed record BaselineResult(string Name, double? Value, long Nonzero, double Seconds, string Note);

/// <summary>Latency in ONNX Runtime, the models run in turn.</summary>
/// <param name="PeakMb">What loading and running the model adds to the process at the highest, in 10⁶ bytes; 0 where the kernel does not tell.</param>
/// <param name="Speedup">Median of the first model over median of this one.</param>
public sealed record LatencyResult(string Model, string Provider, int Threads, int Batch, int Runs,
    [property: JsonPropertyName("median_ms")] double MedianMs, [property: JsonPropertyName("p95_ms")] double P95Ms,
    [property: JsonPropertyName("peak_mb")] double PeakMb, double Speedup);

/// <summary>An example that the dense model had right and the pruned one has not, or that lost the most probability of its class.</summary>
/// <param name="Picture">PNG bytes where the example is a picture.</param>
public sealed record ExampleLoss(string Example, string Expected, string Before, string After, double ProbabilityBefore, double ProbabilityAfter, byte[]? Picture);

/// <summary>Counts of scores, pruned and kept, over equal steps of log10(score).</summary>
/// <param name="Edges">One more than there are bins: log10 of the score.</param>
/// <param name="Zeros">Scores that are exactly zero, which have no logarithm.</param>
/// <param name="Threshold">log10 of the least score kept in a global allocation; null where each layer has its own.</param>
public sealed record ScoreHistogram(ImmutableArray<double> Edges, ImmutableArray<long> Pruned, ImmutableArray<long> Kept, long Zeros, double? Threshold);

/// <summary>Where a result came from: enough to make it again.</summary>
/// <param name="Command">The command line or call.</param>
public sealed record Lineage(string Model, string Data, string Recipe, long Seed, ImmutableSortedDictionary<string, string> Versions, string Command, string Machine, string Started);

/// <summary>What the run cost.</summary>
public sealed record Cost(double Seconds, double TrainingSeconds, long ExamplesSeen, double PeakMb, int Threads);

/// <summary>Which examples taught, decided and were reported.</summary>
public sealed record DataFacts(string Path, string Description, long Train, long HeldOut, long Test, bool Labels, ImmutableArray<string> Features);

/// <summary>All that a run of the main job found; its JSON form is the command line's contract.</summary>
public sealed record PruneResult
{
    public required ModelFacts Input { get; init; }

    public required ModelFacts Output { get; init; }

    /// <summary>Zeros among all weights that could be pruned, in [0, 1].</summary>
    public required double Sparsity { get; init; }

    public required ImmutableArray<LayerResult> Layers { get; init; }

    /// <summary>What the model was taken for, and why; null for a run without data.</summary>
    public TaskFacts? Task { get; init; }

    /// <summary>A key of <see cref="Evaluation.Metric.All"/>; <c>agreement</c> with the dense model where there are no labels.</summary>
    public required string Metric { get; init; }

    /// <summary>On the test part, in ONNX Runtime; null for a run without data.</summary>
    public Quality? Quality { get; init; }

    /// <summary>On the held-out part.</summary>
    public Quality? HeldOut { get; init; }

    public ImmutableArray<SliceResult> Slices { get; init; } = [];

    public ImmutableArray<RoundResult> Rounds { get; init; } = [];

    public ImmutableArray<FrontierPoint> Frontier { get; init; } = [];

    /// <summary>Of granularity layer: what was left out, in the order in which it went.</summary>
    public ImmutableArray<DroppedLayer> LayersDropped { get; init; } = [];

    public ImmutableArray<BaselineResult> Baselines { get; init; } = [];

    public ImmutableArray<LatencyResult> Latency { get; init; } = [];

    public ScoreHistogram? Scores { get; init; }

    public ImmutableArray<ExampleLoss> LargestLosses { get; init; } = [];

    /// <summary>Share of test examples on which both models answer the same.</summary>
    public double? Agreement { get; init; }

    public DataFacts? Data { get; init; }

    /// <summary>The effective recipe, flags included.</summary>
    public required Recipe Recipe { get; init; }

    public required Lineage Lineage { get; init; }

    public required Cost Cost { get; init; }

    public double Seconds => Cost.Seconds;

    /// <summary>What the reader should know: targets missed, defaults taken, baselines left out.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, Json.Options);
}

/// <summary>How Secateur writes JSON: camelCase, indented, enums as words.</summary>
public static class Json
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.Strict,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };
}
