using System.Diagnostics;
using System.Globalization;
using Secateur.Architectures;
using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
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
        using var network = new Network(ResNet50());
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

    /// <summary>He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, table 1 (arXiv:1512.03385); the first pool is 2×2.</summary>
    private static OnnxModel ResNet50()
    {
        var graph = new GraphBuilder("resnet-50", 1);
        string Normalized(string layer, string value, long channels, long kernel, long stride = 1) =>
            graph.BatchNorm($"{layer}.bn", graph.Conv(layer, value, channels, kernel, stride, pad: kernel / 2, bias: false));
        var x = graph.MaxPool(graph.Relu(Normalized("conv1", graph.Input("input", DataType.Float, 3, 224, 224), 64, 7, 2)), 2);
        foreach (var (stage, blocks) in new[] { 3, 4, 6, 3 }.Index())
            for (var block = 0; block < blocks; block++)
            {
                var (name, channels, stride) = ($"layer{stage + 1}.{block}", 64L << stage, stage > 0 && block == 0 ? 2 : 1);
                var y = graph.Relu(Normalized($"{name}.conv1", x, channels, 1));
                y = graph.Relu(Normalized($"{name}.conv2", y, channels, 3, stride));
                y = Normalized($"{name}.conv3", y, 4 * channels, 1);
                x = graph.Relu(graph.Add(y, block == 0 ? Normalized($"{name}.shortcut", x, 4 * channels, 1, stride) : x));
            }
        graph.Output(graph.Gemm("fc", graph.Flatten(graph.GlobalAveragePool(x)), 1000, relu: false), "logits");
        return graph.ToModel();
    }
}
