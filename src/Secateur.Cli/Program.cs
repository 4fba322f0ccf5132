using System.CommandLine;
using System.CommandLine.Help;

namespace Secateur.Cli;

/// <summary>The command line: what there is, and how a request ends.</summary>
internal static class Program
{
    /// <summary>All commands; parsing changes nothing in it.</summary>
    public static Command Root { get; } = new("secateur", "Prunes neural networks: an ONNX model in, a smaller one that is still good out, with the evidence.")
    {
        InspectCommand.Create(),
        PruneCommand.Create(),
        EvaluateCommand.Create(),
        BenchmarkCommand.Create(),
        ProviderCommand.Create(),
        TrainCommand.Create(),
        ReportCommand.Create(),
        PackCommand.Create(),
        UnpackCommand.Create(),
        CriteriaCommand.Create(),
        AllocationsCommand.Create(),
        SchedulesCommand.Create(),
        TasksCommand.Create(),
        MetricsCommand.Create(),
        ArchitecturesCommand.Create(),
        SchemaCommand.Create(),
        Output.Json,
        GlobalOptions.Seed,
        GlobalOptions.Threads,
        GlobalOptions.Verbose,
        new HelpOption(),
        new VersionOption(),
    };

    public static Task<int> Main(string[] arguments) => RunAsync(arguments, Console.Out, Console.Error, CancellationToken.None);

    /// <returns>0 done, 1 a gate was not met, 2 the request was wrong, 3 it failed, 130 it was interrupted.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        var request = Root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (RequestError.In(request) is { } wrong) return await Ending.Wrong(wrong, error);
        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
            };
            return await request.InvokeAsync(configuration, cancel);
        }
        catch (Exception e)
        {
            return await Ending.Of(e, error, request.GetValue(GlobalOptions.Verbose));
        }
    }
}
