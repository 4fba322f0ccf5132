namespace Secateur.Cli.Tests;

public sealed class ProgressLinesTests
{
    [Fact]
    public void Of_each_stage_a_line_every_two_seconds_and_one_at_its_end()
    {
        var clock = new Clock();
        using var writer = new StringWriter();
        var lines = new ProgressLines(writer, clock);
        for (var tenth = 0; tenth <= 50; tenth++)
        {
            lines.Report(new("training", tenth / 50.0, $"loss {tenth}"));
            clock.Now += TimeSpan.FromSeconds(0.1);
        }
        lines.Report(new("measuring", 0.5));
        lines.Finish();
        Assert.Equal(["training: 40%, loss 20", "training: 80%, loss 40", "training: 5.1 s, loss 50", "measuring: 0.0 s"],
            writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void After_ten_seconds_lines_tell_what_is_left_and_of_a_long_stage_there_are_fewer()
    {
        var clock = new Clock();
        using var writer = new StringWriter();
        var lines = new ProgressLines(writer, clock);
        for (var second = 0; second <= 2000; second++)
        {
            lines.Report(new("training", second / 4000.0));
            clock.Now += TimeSpan.FromSeconds(1);
        }
        lines.Finish();
        var told = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["training: 0%", "training: 0%", "training: 0%", "training: 0%", "training: 0%, about 1:06:30 left"], told[..5]);
        Assert.InRange(told.Length, 100, 200);
        Assert.EndsWith("left", told[^2], StringComparison.Ordinal);
        Assert.Equal("training: 33:21", told[^1]);
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
