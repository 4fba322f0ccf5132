using System.Globalization;

namespace Secateur.Cli;

/// <summary>Progress for logs: of each stage at most a line every two seconds, fewer of a long one, and one at its end.</summary>
internal sealed class ProgressLines(TextWriter writer, TimeProvider clock) : IProgress<Progress>
{
    private const double PauseShare = 1.0 / 50; // of a stage's time so far, between two lines of it: an hour takes some 200
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Foreseeable = TimeSpan.FromSeconds(10); // from when on the rest of a stage can be told

    private readonly Lock gate = new();
    private Progress last;
    private long began;
    private long told;

    public void Report(Progress value)
    {
        lock (gate)
        {
            if (value.IsNote)
            {
                writer.WriteLine($"{value.Stage}: {value.Detail}");
                return;
            }
            if (value.Stage != last.Stage)
            {
                End();
                (began, told) = (clock.GetTimestamp(), clock.GetTimestamp());
            }
            last = value;
            var (spent, pause) = (clock.GetElapsedTime(began), clock.GetElapsedTime(told));
            if (pause < Pause || pause < spent * PauseShare) return;
            told = clock.GetTimestamp();
            var left = spent < Foreseeable || value.Fraction <= 0 ? "" : $", about {Figures.Seconds(spent.TotalSeconds * (1 - value.Fraction) / value.Fraction)} left";
            writer.WriteLine($"{value.Stage}: {value.Fraction.ToString("0%", CultureInfo.InvariantCulture)}{Detail(value)}{left}");
        }
    }

    /// <summary>Ends the last stage; not called where the work broke off.</summary>
    public void Finish()
    {
        lock (gate)
        {
            End();
            last = default;
        }
    }

    private void End()
    {
        if (last.Stage is { Length: > 0 } stage) writer.WriteLine($"{stage}: {Figures.Seconds(clock.GetElapsedTime(began).TotalSeconds)}{Detail(last)}");
    }

    private static string Detail(Progress value) => value.Detail.Length == 0 ? "" : $", {value.Detail}";
}
