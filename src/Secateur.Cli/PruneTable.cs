using Spectre.Console;

namespace Secateur.Cli;

/// <summary>The main job's result for people: one table, before and after.</summary>
internal static class PruneTable
{
    public static void Show(PruneResult result, IAnsiConsole console)
    {
        if (result.Data is { } data)
        {
            console.WriteLine(data.Description);
            console.WriteLine();
        }
        var (input, output) = (result.Input, result.Output);
        var table = Output.Table(console, "", ">before", ">after", ">change");
        table.Row("file", input.Path, output.Path, "");
        if (result.Quality is { } quality)
            table.Row($"{result.Metric}, test", Figures.Quality(result.Metric, quality.Before), Figures.Quality(result.Metric, quality.After), Figures.Change(result.Metric, quality.Before, quality.After));
        if (result.HeldOut is { } heldOut)
            table.Row($"{result.Metric}, held out", Figures.Quality(result.Metric, heldOut.Before), Figures.Quality(result.Metric, heldOut.After), Figures.Change(result.Metric, heldOut.Before, heldOut.After));
        if (result.Agreement is { } agreement) table.Row("agreement", "", Figures.Percent(agreement), "");
        table.Row("sparsity", "", Figures.Percent(result.Sparsity), "");
        table.Row("nonzero", Figures.Count(input.Nonzero), Figures.Count(output.Nonzero), Smaller(input.Nonzero, output.Nonzero));
        table.Row("bytes", Figures.Count(input.Bytes), Figures.Count(output.Bytes), Smaller(input.Bytes, output.Bytes));
        table.Row("bytes, gzip", Figures.Count(input.GzipBytes), Figures.Count(output.GzipBytes), Smaller(input.GzipBytes, output.GzipBytes));
        table.Row("MACs", Figures.Count(input.Macs), Figures.Count(output.Macs), Smaller(input.Macs, output.Macs));
        if (result.Latency is [var before, var after])
            table.Row("median ms", Figures.Milliseconds(before.MedianMs), Figures.Milliseconds(after.MedianMs), $"{Figures.Times(after.Speedup)} as fast");
        console.Write(table);
        foreach (var baseline in result.Baselines)
            console.WriteLine($"{baseline.Name}: {(baseline.Value is { } value ? Figures.Quality(result.Metric, value) : "none")}, {Figures.Count(baseline.Nonzero)} nonzero{(baseline.Note.Length == 0 ? "" : $" ({baseline.Note})")}");
        foreach (var layer in result.LayersDropped)
            console.WriteLine($"left out {layer.Name}{(layer.Quality is { } left ? $": held out {Figures.Quality(result.Metric, left)} before fine-tuning" : "")}");
        foreach (var note in result.Notes) console.WriteLine(note);
        console.WriteLine($"done in {Figures.Seconds(result.Seconds)}");
    }

    private static string Smaller(long before, long after) => after > 0 && before > after ? $"{Figures.Times((double)before / after)} smaller" : "";
}
