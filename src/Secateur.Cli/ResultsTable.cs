using Spectre.Console;

namespace Secateur.Cli;

/// <summary>Several results of the main job in one table, a line a model.</summary>
internal static class ResultsTable
{
    public static void Show(IReadOnlyList<PruneResult> results, IAnsiConsole console)
    {
        var table = Output.Table(console, "model", ">sparsity", ">weights", ">quality", ">change", ">gzip bytes", ">median ms, before", ">after");
        foreach (var result in results)
        {
            var (input, output, quality) = (result.Input, result.Output, result.Quality);
            table.Row(output.Path, Figures.Percent(result.Sparsity), output.Nonzero == 0 ? "" : $"{Figures.Times((double)input.Nonzero / output.Nonzero)} fewer",
                quality is null ? "" : $"{Figures.Quality(result.Metric, quality.Before)} -> {Figures.Quality(result.Metric, quality.After)}", quality is null ? "" : Figures.Change(result.Metric, quality.Before, quality.After),
                $"{Figures.Count(input.GzipBytes)} -> {Figures.Count(output.GzipBytes)}",
                result.Latency is [var before, ..] ? Figures.Milliseconds(before.MedianMs) : "", result.Latency is [_, var after, ..] ? Figures.Milliseconds(after.MedianMs) : "");
        }
        console.Write(table);
    }
}
