using System.Diagnostics;
using Spectre.Console;

namespace Secateur.Cli;

/// <summary>Progress for a terminal: a bar for the stage that runs, a line above it for each that is done.</summary>
internal sealed class ProgressBars(ProgressContext context, IAnsiConsole console) : IProgress<Progress>
{
    private readonly Lock gate = new();
    private ProgressTask? bar;
    private Progress last;
    private long began;

    public void Report(Progress value)
    {
        lock (gate)
        {
            if (value.IsNote)
            {
                console.MarkupLineInterpolated($"[grey]{value.Stage}: {value.Detail}[/]");
                return;
            }
            if (bar is null || value.Stage != last.Stage)
            {
                End();
                (bar, began) = (context.AddTask(Markup.Escape(value.Stage), maxValue: 1), Stopwatch.GetTimestamp());
            }
            last = value;
            bar.Description = Markup.Escape(value.Detail.Length == 0 ? value.Stage : $"{value.Stage}, {value.Detail}");
            bar.Value = Math.Min(value.Fraction, 0.999); // full only at the stage's end
        }
    }

    /// <summary>Ends the last stage; not called where the work broke off.</summary>
    public void Finish()
    {
        lock (gate) End();
    }

    private void End()
    {
        if (bar is null) return;
        bar.Value = 1;
        bar.StopTask();
        var detail = last.Detail.Length == 0 ? "" : $", {last.Detail}";
        console.MarkupLineInterpolated($"[grey]{last.Stage}: {Figures.Seconds(Stopwatch.GetElapsedTime(began).TotalSeconds)}{detail}[/]");
        bar = null;
    }
}
