namespace Secateur.Tests.Pruning;

/// <summary>Breaks a run off at random reports of its progress, starts it again, and compares with a run that was left alone.</summary>
internal static class Interruption
{
    private const int Times = 3;

    /// <param name="output">Gives a file in a new folder.</param>
    /// <param name="run">Makes the file; the same each time.</param>
    public static void ChangesNothing(Func<string> output, Action<string, IProgress<Progress>, CancellationToken> run)
    {
        var (undisturbed, broken) = (output(), output());
        var whole = new Counter();
        run(undisturbed, whole, whole.Cancel);

        var seed = Environment.TickCount;
        var random = new Random(seed);
        List<string> told = [$"seed {seed}, {whole.Reports} reports"];
        var found = 0;
        for (var time = 0; time < Times; time++)
        {
            // late enough for something to be saved, later still where nothing was; then anywhere in what is left
            var progress = new Counter(found > 0 ? random.Next(2, 1 + (whole.Reports / 4)) : random.Next(whole.Reports * (2 + time) / 5, whole.Reports * (3 + time) / 5));
            try
            {
                run(broken, progress, progress.Cancel);
                told.Add($"done after {progress.Reports} reports");
                break;
            }
            catch (OperationCanceledException)
            {
                told.Add($"cancelled after {progress.Reports} reports");
                // once the file is written it is only measured
                if (File.Exists(broken)) Assert.Equal(File.ReadAllBytes(undisturbed), File.ReadAllBytes(broken));
                if (Directory.Exists(broken + ".run") && Directory.GetFiles(broken + ".run", "round-*.npz", SearchOption.AllDirectories).Length > 0) found++;
            }
        }
        var rest = new Counter();
        if (Directory.Exists(broken + ".run")) run(broken, rest, rest.Cancel);
        var story = string.Join("; ", [.. told, $"then {rest.Reports} reports"]);
        Assert.True(found > 0, $"no cancellation found a saved round; {story}");
        Assert.True(rest.Reports < whole.Reports, $"nothing was taken up; {story}");
        Assert.True(File.ReadAllBytes(undisturbed).AsSpan().SequenceEqual(File.ReadAllBytes(broken)), $"other bytes; {story}");
        Assert.Equal([broken], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(broken)!));
    }

    /// <summary>Counts reports, and cancels at one of them.</summary>
    private sealed class Counter(int last = int.MaxValue) : IProgress<Progress>
    {
        private readonly CancellationTokenSource source = new();

        public int Reports { get; private set; }

        public CancellationToken Cancel => source.Token;

        public void Report(Progress value)
        {
            if (++Reports == last) source.Cancel();
        }
    }
}
