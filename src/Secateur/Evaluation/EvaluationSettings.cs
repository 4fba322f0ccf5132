using System.Collections.Immutable;

namespace Secateur.Evaluation;

/// <summary>How models are evaluated.</summary>
public sealed record EvaluationSettings
{
    /// <summary>Examples run at once, at least 1. Quality does not depend on it but by rounding.</summary>
    public int Batch { get; init; } = 256;

    /// <summary>Of ONNX Runtime; 0 takes every core.</summary>
    public int Threads { get; init; }

    /// <summary>A key of <see cref="Tasks.Task.All"/>; null infers it from the first model's outputs and the labels.</summary>
    public string? Task { get; init; }

    /// <summary>A key of <see cref="Metric.All"/>; null takes the task's own, and without labels the agreement with the first model.</summary>
    public string? Metric { get; init; }

    /// <summary>By class number.</summary>
    public ImmutableArray<string> ClassNames { get; init; } = [];
}
