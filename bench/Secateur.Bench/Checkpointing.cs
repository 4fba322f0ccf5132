using System.Diagnostics;
using System.Globalization;
using Secateur.Execution;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Bench;

/// <summary>What checkpointing saves and costs on a graph of ResNet-50's shape: training steps plain and in segments, each in a process of its own.</summary>
internal static class Checkpointing
{
    private const int Steps = 3;

    public static void Run(Settings settings)
    {
        var (ledger, batch) = (new Ledger(settings.Name), settings.Int("batch", 16));
        for (var run = 1; run <= settings.Int("runs", 2); run++)
            foreach (var mode in (string[])["plain", "checkpointed"])
            {
                ledger.Cell($"{mode} {run}", settings.Command, () =>
                {
                    using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!,
                        [typeof(Checkpointing).Assembly.Location, "checkpointing-child", "--mode", mode, "--batch", batch.ToString(CultureInfo.InvariantCulture)])
                    { RedirectStandardOutput = true })!;
                    var figures = child.StandardOutput.ReadToEnd().Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)).ToArray();
                    child.WaitForExit();
                    return new() { ["peakMb"] = figures[0], ["restMb"] = figures[1], ["seconds"] = figures[2] };
                });
            }
        string[] Row(string mode)
        {
            var cells = ledger.Cells.Where(cell => cell.Key.StartsWith(mode, StringComparison.Ordinal)).Select(cell => cell.Value).ToArray();
            string Spread(string field, string format) => Ledger.Spread([.. cells.Select(cell => cell[field])], format);
            return [mode, Spread("peakMb", "0"), Spread("restMb", "0"), Spread("seconds", "0.00")];
        }
        ledger.Table("Checkpointing", settings.Command,
            $"Steps of training (forward, loss, backward; no optimizer) on {batch} pictures of 224x224 through a graph of ResNet-50's shape, 25.5 million parameters. Peak is VmHWM of the process; "
            + "before is what it held when the first step began: weights, .NET, LibTorch. Seconds are those of the last of three steps.",
            [["", "peak, MB", "before, MB", "seconds a step"], Row("plain"), Row("checkpointed")]);
    }

    /// <summary>The measured process: prints peak, what was held before, seconds.</summary>
    public static void Child(Settings settings)
    {
        using var network = new Network(SparseModels.ResNet50());
        var checkpointed = settings.Text("mode", "plain") == "checkpointed";
        Dictionary<string, Tensor> inputs = new() { ["input"] = rand(settings.Int("batch", 16), 3, 224, 224) };
        if (checkpointed) _ = network.Segments;
        var (before, clock) = (Kilobytes("VmRSS:"), new Stopwatch());
        for (var step = 0; step < Steps; step++)
        {
            clock.Restart();
            using var quiet = QuietHeap.Enter();
            using var scope = NewDisposeScope();
            var mode = new Mode(Training: true);
            using var run = checkpointed ? network.RunCheckpointed(inputs, mode) : null;
            var loss = (run is null ? network.Run(inputs, mode) : network.Tensors(run.Outputs))[0].square().mean();
            if (run is null) loss.backward();
            else run.Backward(loss);
        }
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{Kilobytes("VmHWM:") / 1024:0.0} {before / 1024:0.0} {clock.Elapsed.TotalSeconds:0.00}"));
    }

    private static double Kilobytes(string field) => double.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal))[field.Length..^3], CultureInfo.InvariantCulture);
}
