using System.CommandLine;
using Secateur.Evaluation;
using Secateur.Onnx;
using Secateur.Structure.Latency;
using Spectre.Console;

namespace Secateur.Cli;

internal static class BenchmarkCommand
{
    private static readonly Argument<string[]> Models = new("MODEL")
    {
        Description = "ONNX files, run in turn; the others are compared with the first",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<int?> Batch = new("--batch") { HelpName = "N", Description = "examples in a run; unless told as many as the file fixes, 1 where it leaves that open", CustomParser = Values.Int(1, 1 << 20) };

    private static readonly Option<double?> Time = new("--time") { HelpName = "S", Description = "seconds at least, for each model; 2 unless told", CustomParser = Values.Number(0, 3600) };

    private static readonly Option<int?> Rounds = new("--rounds") { HelpName = "N", Description = "rounds at least; 30 unless told", CustomParser = Values.Int(1, 100_000) };

    private static readonly Option<string?> ExportTable = new("--export-table")
    {
        HelpName = "FILE",
        Description = "write a table of what the models' layers take here at several widths, to prune for this machine on another (prune --latency-table)",
    };

    public static Command Create()
    {
        var command = new Command("benchmark", "Measure latency and memory in ONNX Runtime, the models in turn, with ratios to the first.") { Models, Batch, Time, Rounds, ShapeFlag.Shape, ExportTable, LatencyFlags.Cache, ProviderCommand.Use }.WithData();
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult request, CancellationToken cancel)
    {
        Output.Probe(request);
        var (threads, seed, defaults) = (GlobalOptions.UseThreads(request), request.GetValue(GlobalOptions.Seed) ?? 1, new BenchmarkSettings());
        if (request.GetValue(ExportTable) is { } probed) AtomicFile.Probe(probed);
        var library = request.GetValue(ProviderCommand.Use) ? await ProviderLibrary.FindAsync(request.InvocationConfiguration.Error, cancel) : null;
        var (result, table) = await Watch.RunAsync(request, progress =>
        {
            using var data = DataFlags.Open(request, request.GetRequiredValue(Models)[0], seed, progress, cancel);
            var settings = defaults with
            {
                Threads = threads,
                Seed = seed,
                Batch = request.GetValue(Batch) ?? defaults.Batch,
                Rounds = request.GetValue(Rounds) ?? defaults.Rounds,
                Least = request.GetValue(Time) is { } seconds ? TimeSpan.FromSeconds(seconds) : defaults.Least,
                Shapes = request.GetValue(ShapeFlag.Shape),
                Examples = data?.Whole,
                Provider = library?.Path,
            };
            var result = LatencyBenchmark.Run(request.GetRequiredValue(Models), settings, progress, cancel);
            return (result, request.GetValue(ExportTable) is { } file
                ? LatencyExport.Write(request.GetRequiredValue(Models), file, settings, request.GetValue(LatencyFlags.Cache), progress, cancel) : null);
        }, cancel);
        Output.Write(request, result, console =>
        {
            Show(result, console);
            if (table is not null) console.WriteLine($"{request.GetValue(ExportTable)}: {Figures.Count(table.Count)} layers and widths, {table.Threads} threads");
        });
    }

    private static void Show(BenchmarkResult result, IAnsiConsole console)
    {
        console.WriteLine($"{result.Machine}");
        console.WriteLine();
        var table = Output.Table(console, "model", "provider", ">threads", ">batch", ">runs", ">median ms", ">p95 ms", ">examples/s", ">peak MB", ">speed-up");
        foreach (var model in result.Results)
            table.Row(model.Model, model.Provider.Replace("ExecutionProvider", ""), $"{model.Threads}", $"{model.Batch}", Figures.Count(model.Runs), Figures.Milliseconds(model.MedianMs), Figures.Milliseconds(model.P95Ms),
                Figures.Count((long)(1000 * model.Batch / model.MedianMs)), Figures.Milliseconds(model.PeakMb), Figures.Times(model.Speedup));
        console.Write(table);
    }
}
