using Secateur.Data;
using Secateur.Onnx;

namespace Secateur.Evaluation;

/// <summary>How latency is measured.</summary>
public sealed record BenchmarkSettings
{
    /// <summary>Of ONNX Runtime; 0 takes every core.</summary>
    public int Threads { get; init; }

    /// <summary>Examples in one run; 0 takes as many as the file fixes, 1 where it leaves that open.</summary>
    public int Batch { get; init; }

    /// <summary>Rounds run and not counted, at least 1.</summary>
    public int WarmUp { get; init; } = 5;

    /// <summary>Rounds at least, save where <see cref="Most"/> is over.</summary>
    public int Rounds { get; init; } = 30;

    /// <summary>Time at least, for each model.</summary>
    public TimeSpan Least { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Time at most, for each model; five rounds are run in any case.</summary>
    public TimeSpan Most { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Path of the library of Secateur's execution provider: each model is measured without it and with it. Null for without alone.</summary>
    public string? Provider { get; init; }

    /// <summary>Shapes of inputs by name, for inputs with open dimensions beyond the batch.</summary>
    public IReadOnlyDictionary<string, long[]>? Shapes { get; init; }

    /// <summary>Whose first examples are the inputs; null takes random numbers in [0, 1) and, for whole numbers, zeros.</summary>
    public Examples? Examples { get; init; }

    /// <summary>Of the random inputs.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The batch of a model.</summary>
    internal int BatchOf(Graph graph) => Batch > 0 ? Batch : (int?)Leading(graph)?.Shape[0] ?? 1;

    /// <summary>The first input that has axes: those of others, such as states, may count something else first.</summary>
    internal static Value? Leading(Graph graph) => graph.Inputs.FirstOrDefault(input => input.Shape.Length > 0);
}
