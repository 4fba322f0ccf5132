using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;

namespace Secateur.Bench;

/// <summary>How much memory one-shot pruning of a 500 MB file takes, in a process of its own.</summary>
internal static class Memory
{
    private const int Layers = 30, Width = 2048;

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var path = Path.Combine("out", "bench", "big.onnx");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (var run = 1; run <= settings.Int("runs", 3); run++)
        {
            ledger.Cell($"run {run}", settings.Command, () =>
            {
                Write(path);
                using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(Memory).Assembly.Location, "memory-child", "--model", path])
                { RedirectStandardOutput = true })!;
                var figures = child.StandardOutput.ReadToEnd().Split(' ');
                child.WaitForExit();
                return new()
                {
                    ["fileMb"] = new FileInfo(path).Length / 1048576.0,
                    ["peakMb"] = double.Parse(figures[0], CultureInfo.InvariantCulture),
                    ["seconds"] = double.Parse(figures[1], CultureInfo.InvariantCulture),
                };
            });
        }
        File.Delete(path);
        var cells = ledger.Cells.Values;
        var ratio = cells.Select(cell => cell["peakMb"] / cell["fileMb"]).ToArray();
        ledger.Table("Memory of one-shot pruning", settings.Command,
            $"A file of {Layers} layers of {Width}x{Width} float32 weights, pruned by magnitude to 90 % without data and written again; the peak resident memory (VmHWM) of the whole process, .NET and LibTorch among it.",
            [
                ["file, MB", "peak, MB", "peak / file", "goal", "", "seconds"],
                [Ledger.Spread([.. cells.Select(cell => cell["fileMb"])], "0"), Ledger.Spread([.. cells.Select(cell => cell["peakMb"])], "0"), Ledger.Spread(ratio, "0.00"),
                    "under 3", ratio.Max() < 3 ? "met" : "missed", Ledger.Spread([.. cells.Select(cell => cell["seconds"])], "0.0")],
            ]);
    }

    /// <summary>The measured process: prunes and prints peak and seconds.</summary>
    public static void Child(Settings settings)
    {
        var clock = Stopwatch.StartNew();
        var model = settings.Text("model", "");
        Pruner.For(model).With(new Recipe { Sparsity = 0.9 }).Run(null, model + ".pruned.onnx", new PruneOptions { Benchmark = false });
        var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{double.Parse(peak[6..^2], CultureInfo.InvariantCulture) / 1024:0.0} {clock.Elapsed.TotalSeconds:0.00}"));
        File.Delete(model + ".pruned.onnx");
    }

    private static void Write(string path)
    {
        if (File.Exists(path)) return;
        var random = new Random(1);
        var graph = new GraphProto { Name = "big" };
        graph.Input.Add(Value("x"));
        graph.Output.Add(Value($"y{Layers}"));
        var weights = new float[Width * Width];
        for (var layer = 1; layer <= Layers; layer++)
        {
            for (var i = 0; i < weights.Length; i++) weights[i] = (random.NextSingle() - 0.5f) / 32;
            graph.Initializer.Add(TensorData.Of($"w{layer}", weights, Width, Width));
            graph.Node.Add(new NodeProto { OpType = "Gemm", Name = $"fc{layer}", Input = { layer == 1 ? "x" : $"y{layer - 1}", $"w{layer}" }, Output = { $"y{layer}" } });
        }
        var model = new ModelProto { IrVersion = 8, Graph = graph, OpsetImport = { new OperatorSetIdProto { Version = 17 } } };
        using var file = File.Create(path);
        model.WriteTo(file);
    }

    private static ValueInfoProto Value(string name) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)TensorProto.Types.DataType.Float,
                Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "batch" }, new TensorShapeProto.Types.Dimension { DimValue = Width } } },
            },
        },
    };
}
