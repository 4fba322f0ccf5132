using System.Collections.Frozen;

namespace Secateur.Evaluation;

/// <summary>One answer of a model.</summary>
/// <param name="Predicted">The class with the largest score.</param>
/// <param name="Expected">The label; null where there is none.</param>
/// <param name="First">What the first model answers.</param>
public readonly record struct Answer(int Predicted, int? Expected, int First);

/// <summary>A measure of quality: the mean of a value over all answers, higher is better.</summary>
public abstract class Metric
{
    public static FrozenDictionary<string, Metric> All { get; } = new Dictionary<string, Metric>
    {
        ["accuracy"] = new Accuracy(),
        ["agreement"] = new Agreement(),
    }.ToFrozenDictionary();

    /// <summary>Whether it can be taken only where each example has a label.</summary>
    public abstract bool NeedsLabels { get; }

    /// <summary>In [0, 1].</summary>
    public abstract double Of(Answer answer);

    /// <summary>The metric's name for data with labels or without.</summary>
    public static string Default(bool labels) => labels ? "accuracy" : "agreement";
}
