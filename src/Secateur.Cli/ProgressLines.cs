using System.Globalization;

namespace Secateur.Cli;

/// <summary>Progress for logs: of each stage at most a line every two seconds, and one at its end.</summary>
internal sealed class ProgressLines(TextWriter writer, TimeProvider clock) : IProgress<Progress>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

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
            if (clock.GetElapsedTime(told) < Pause) return;
            told = clock.GetTimestamp();
            writer.WriteLine($"{value.Stage}: {value.Fraction.ToString("0%", CultureInfo.InvariantCulture)}{Detail(value)}");
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
