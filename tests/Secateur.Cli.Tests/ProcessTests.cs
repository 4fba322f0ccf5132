using System.Diagnostics;

namespace Secateur.Cli.Tests;

/// <summary>What only a process of its own can show.</summary>
public sealed class ProcessTests(Workshop workshop) : IClassFixture<Workshop>
{
    private static readonly string Dll = Path.Combine(AppContext.BaseDirectory, "Secateur.Cli.dll");

    [Fact]
    public async Task Relative_paths_are_of_the_callers_folder()
    {
        using var process = Start(workshop.In(""), "inspect", "dense.onnx", "--json", "-");
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        Assert.StartsWith("{", output);
        Assert.Contains("\"path\": \"dense.onnx\"", output);
    }

    [Fact]
    public async Task Ctrl_C_ends_it_cleanly()
    {
        var folder = workshop.Empty();
        var target = Path.Combine(folder, "out.onnx");
        using var process = Start(folder, "train", "lenet-300-100", "--data", workshop.Data, "-o", target, "--epochs", "100000");
        Assert.StartsWith("task: classification", await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("epoch 1 of 100000", await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken));
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"])) await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        var rest = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        Assert.EndsWith("secateur: interrupted; train and prune go on from the last saved round when started again\n", rest);
        Assert.False(File.Exists(target));
    }

    private static Process Start(string folder, params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Dll, .. arguments])
    {
        WorkingDirectory = folder,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
