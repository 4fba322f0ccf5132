using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Secateur.Tasks;

namespace Secateur.Evaluation;

/// <summary>A model's quality on one class.</summary>
public sealed record QualitySlice(string Slice, long Samples, double Value);

/// <summary>A model's quality on one part of the data.</summary>
/// <param name="Metric">A key of <see cref="Evaluation.Metric.All"/>.</param>
/// <param name="Value">The metric's, of all examples.</param>
/// <param name="Samples">Examples seen.</param>
/// <param name="Loss">The task's mean loss against the labels; where none teach the mean distance from the first model's answers (of classes the Kullback–Leibler divergence).</param>
/// <param name="Agreement">The share of answers that are the first model's; of outputs that are values the cosine.</param>
/// <param name="Slices">By class: of the label, without labels of the first model's answer; none where an example has several answers.</param>
public sealed record ModelQuality(
    string Model, string Metric, double Value, long Samples, double Loss, double Agreement, ImmutableArray<QualitySlice> Slices);

/// <summary>A model's answers, example by example.</summary>
/// <param name="Classes">The predicted class; where an example has several answers they follow each other.</param>
/// <param name="Probabilities">Of the right class (without labels: of the first model's answer); empty where an example has several answers.</param>
public sealed record Predictions(ImmutableArray<int> Classes, ImmutableArray<float> Probabilities);

/// <summary>Models measured on the same examples in stock ONNX Runtime.</summary>
public sealed record EvaluationResult
{
    /// <summary>What the models were taken for, and why.</summary>
    public required TaskFacts Task { get; init; }

    /// <summary>In the order asked for.</summary>
    public required ImmutableArray<ModelQuality> Results { get; init; }

    /// <summary>In the order of <see cref="Results"/>.</summary>
    [JsonIgnore]
    public required ImmutableArray<Predictions> Predictions { get; init; }

    /// <summary>The class that each example should have got: its label, without labels the first model's answer; empty where an example has several.</summary>
    [JsonIgnore]
    public required ImmutableArray<int> Expected { get; init; }

    /// <summary>Names by class number; may be shorter than the number of classes.</summary>
    [JsonIgnore]
    public required ImmutableArray<string> ClassNames { get; init; }

    public string ClassName(int number) => NameOf(ClassNames, number);

    /// <summary>One model against another, as reports show it.</summary>
    public Quality Compare(int before = 0, int after = 1) => new(Results[before].Value, Results[after].Value, Metric.All[Task.Metric].LowerIsBetter);

    /// <summary>The same by class.</summary>
    public ImmutableArray<SliceResult> CompareSlices(int before = 0, int after = 1) =>
    [
        .. Results[before].Slices.Zip(Results[after].Slices, (one, other) => new SliceResult(one.Slice, one.Samples, one.Value, other.Value)),
    ];

    internal static string NameOf(ImmutableArray<string> names, int number) => number < names.Length ? names[number] : $"{number}";
}
