using System.Diagnostics;
using Secateur.Testing;

namespace Secateur.Cli.Tests;

/// <summary>A run that is killed goes on from its last saved round and ends with the same bytes.</summary>
public sealed class KillTests(SmallWorkshop workshop) : IClassFixture<SmallWorkshop>
{
    private static readonly string Dll = Path.Combine(AppContext.BaseDirectory, "Secateur.Cli.dll");

    // of the undisturbed run's work: up to where a kill may come; the first comes after a round is saved
    private static readonly double[] Places = [0.1, 0.25, 0.3];

    [Theory]
    [InlineData("after", 4, 12)]
    [InlineData("during", 5, 48)]
    public async Task Killed_three_times_equals_undisturbed(string when, int rounds, int epochs)
    {
        string[] request =
        [
            "prune", workshop.Model, "--data", workshop.Data, "--when", when, "--rounds", $"{rounds}", "--epochs", $"{epochs}", "--batch", "16", "--optimizer", "adam",
            "--schedule", "cubic", "--sparsity", "0.9", "--threads", "1", "--seed", "3", "-o", "out.onnx",
        ];
        var (undisturbed, killed) = (workshop.Empty(), workshop.Empty());
        var work = await Undisturbed(undisturbed, request);

        var seed = Environment.TickCount;
        var random = new Random(seed);
        List<string> told = [$"seed {seed}, {work.TotalSeconds:0.00} s of work"];
        foreach (var (number, latest) in Places.Index())
        {
            using var process = Start(killed, request);
            await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken); // the model is read, the work begins
            while (number == 0 && Saved(killed) is null && !process.HasExited) await Task.Delay(5, TestContext.Current.CancellationToken);
            var pause = work * latest * random.NextDouble();
            await Task.Delay(pause, TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            told.Add($"killed after {pause.TotalSeconds:0.00} s: exit status {process.ExitCode}, {Saved(killed) ?? "no round"} saved");
        }
        var story = string.Join("; ", told);
        TestContext.Current.TestOutputHelper?.WriteLine(story);
        Assert.True(Saved(killed) is not null, story);

        using var last = Start(killed, request);
        var error = await last.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await last.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(last.ExitCode == 0, error);
        Assert.True(File.ReadAllBytes(Path.Combine(undisturbed, "out.onnx")).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(killed, "out.onnx"))), $"other bytes; {story}");
        Assert.Equal(["out.onnx"], Directory.EnumerateFileSystemEntries(killed).Select(Path.GetFileName));
    }

    private static string? Saved(string folder) => Directory.Exists(Path.Combine(folder, "out.onnx.run"))
        ? Directory.GetFiles(Path.Combine(folder, "out.onnx.run"), "round-*.npz").Select(Path.GetFileName).Max() : null;

    /// <summary>Runs it to its end; gives the time from the start of the work to the written file.</summary>
    private static async Task<TimeSpan> Undisturbed(string folder, string[] request)
    {
        using var process = Start(folder, request);
        await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        var clock = Stopwatch.StartNew();
        var rest = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        while (!File.Exists(Path.Combine(folder, "out.onnx")) && !process.HasExited) await Task.Delay(5, TestContext.Current.CancellationToken);
        var work = clock.Elapsed;
        var error = await rest;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, error);
        Assert.False(Directory.Exists(Path.Combine(folder, "out.onnx.run")));
        return work;
    }

    private static Process Start(string folder, params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Dll, .. arguments])
    {
        WorkingDirectory = folder,
        RedirectStandardError = true,
        RedirectStandardOutput = true, // a page, which the pipe holds
    })!;
}
