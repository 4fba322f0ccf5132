using System.Collections.Immutable;

namespace Secateur.Reports.Sections;

/// <summary>One model's latency, written.</summary>
internal sealed record LatencyRow(string Model, string Provider, string Setting, string Median, string P95, string Peak, string Ratio);

/// <summary>How fast the models answer, and what that means.</summary>
internal sealed record Latency(string Verdict, ImmutableArray<LatencyRow> Rows)
{
    public static Latency Of(PruneResult result) => new(Words(result),
        [.. result.Latency.Select(row => new LatencyRow(Path.GetFileName(row.Model), row.Provider,
            $"batch {row.Batch}, {Threads(row.Threads)}, {Numbers.Count(row.Runs)} runs",
            Numbers.Milliseconds(row.MedianMs), Numbers.Milliseconds(row.P95Ms), Numbers.Megabytes(row.PeakMb), Numbers.Times(row.Speedup)))]);

    /// <summary>The dense model and the pruned one: the first two that were measured in turn.</summary>
    public static (LatencyResult Dense, LatencyResult Pruned)? Pair(PruneResult result) =>
        result.Latency is [var dense, var pruned, ..] ? (dense, pruned) : null;

    private static string Threads(int threads) => threads == 1 ? "1 thread" : $"{threads} threads";

    private static string Words(PruneResult result)
    {
        if (Pair(result) is not var (_, pruned)) return "Not measured in this run.";
        var ratio = Numbers.Times(pruned.Speedup);
        return pruned.Speedup switch
        {
            > 1.1 => $"The pruned model answers {ratio} as fast as the dense one.",
            < 0.9 => $"The pruned model is slower here: {ratio} the speed of the dense one.",
            _ when KeepsShapes(result) => $"As fast as before ({ratio}). Zeros inside a weight do not make a stock ONNX Runtime faster: "
                + "it multiplies by them as by any other number. What is gained here is the compressed size. "
                + "For speed, remove whole channels or run the zeros on kernels that skip them.",
            _ => $"As fast as before ({ratio}).",
        };
    }

    /// <summary>Zeros stay in place: nothing was cut out of any tensor.</summary>
    private static bool KeepsShapes(PruneResult result) => result.Output.Parameters >= result.Input.Parameters;
}
