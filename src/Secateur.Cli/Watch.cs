using System.CommandLine;
using Spectre.Console;

namespace Secateur.Cli;

/// <summary>Long work, seen on standard error: a bar on a terminal, plain lines elsewhere.</summary>
internal static class Watch
{
    /// <summary>Runs the work on another thread, so that Ctrl-C is heard meanwhile.</summary>
    public static Task<T> RunAsync<T>(ParseResult request, Func<IProgress<Progress>, T> work, CancellationToken cancel)
    {
        var error = request.InvocationConfiguration.Error;
        return Task.Run(() => Output.IsTerminal(error) ? Bars(error, work) : Lines(error, work), cancel);
    }

    private static T Bars<T>(TextWriter error, Func<IProgress<Progress>, T> work)
    {
        var console = Output.ConsoleOn(error, terminal: true);
        return console.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                var bars = new ProgressBars(context, console);
                var result = work(bars);
                bars.Finish();
                return result;
            });
    }

    private static T Lines<T>(TextWriter error, Func<IProgress<Progress>, T> work)
    {
        var lines = new ProgressLines(error, TimeProvider.System);
        var result = work(lines);
        lines.Finish();
        return result;
    }
}
