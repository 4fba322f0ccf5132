using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Secateur.Onnx;
using Secateur.Onnx.Packing;
using Secateur.Onnx.Proto;

namespace Secateur.Bench;

/// <summary>What packing makes of pruned models: bytes of either kind of file, and how long ONNX Runtime takes to open the sparse one.</summary>
internal static class Pack
{
    private const int Layers = 16, Width = 2048; // 256 MB

    private static readonly string[] Pruned = ["out/demo/lenet-300-100.pruned.onnx", "out/bench/ocr/detector-0.7.onnx", "out/bench/ocr/recognizer-0.7.onnx"];

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        Directory.CreateDirectory(Path.Combine("out", "bench"));
        List<(string Path, string Name)> models = [.. Pruned.Where(File.Exists).Select(path => (path, Path.GetFileNameWithoutExtension(path)))];
        if (settings.Text("folder", "") is { Length: > 0 } folder)
            models.AddRange(Directory.EnumerateFiles(folder, "*.onnx").Order().Select(path => (path, Path.GetFileNameWithoutExtension(path))));
        foreach (var (path, name) in models) ledger.Cell(name, settings.Command, () => Measure(path, settings));
        foreach (var sparsity in settings.Numbers("sparsities", 0.8, 0.9, 0.95))
            ledger.Cell(string.Create(CultureInfo.InvariantCulture, $"{Layers} layers of {Width}x{Width}, {sparsity:0.##%} random zeros"), settings.Command, () =>
            {
                var path = Path.Combine("out", "bench", "random.onnx");
                Write(path, sparsity);
                var cell = Measure(path, settings);
                File.Delete(path);
                return cell;
            });
        ledger.Table("Packed models", settings.Command,
            "Models that were pruned (resnet-20-one-shot by magnitude at once, without training), and layers of random numbers with random zeros. Bytes of the dense file, and of it as `gzip -9` and Brotli (quality 9) make it; of the ONNX file with sparse initializers that `pack` writes; of the `.secz` container. "
            + "Seconds of one thread to pack and unpack the container. Time to create a session in stock ONNX Runtime (one thread, the file in the page cache), dense and sparse in turn: medians, and the median ratio of pairs with its range.",
            [
                ["model", "zeros", "dense", "gzip", "Brotli", "packed .onnx", ".secz", "pack, s", "unpack, s", "open dense, ms", "open packed .onnx, ms", "ratio"],
                .. ledger.Cells.Select(pair => Row(pair.Key, pair.Value)),
            ]);
    }

    private static string[] Row(string name, Dictionary<string, double> cell)
    {
        return
        [
            name, Ledger.Percent(cell["zeros"]), $"{cell["dense"] / 1e6:0.00} MB", Share("gzip"), Share("brotli"), Share("onnx"), Share("secz"), $"{cell["packSeconds"]:0.0}", $"{cell["unpackSeconds"]:0.0}",
            $"{cell["denseMs"]:0.0}", $"{cell["packedMs"]:0.0}", $"{cell["ratio"]:0.00} ({cell["ratioLeast"]:0.00} to {cell["ratioMost"]:0.00})",
        ];
        string Share(string key) => $"{cell[key] / 1e6:0.00} MB, {100 * cell[key] / cell["dense"]:0.0} %";
    }

    private static Dictionary<string, double> Measure(string path, Settings settings)
    {
        var (sparse, container, back) = (path + ".packed.onnx", path + PackedModel.Extension, path + ".back.onnx");
        try
        {
            SparseModel.Pack(path, sparse, CancellationToken.None);
            var clock = Stopwatch.StartNew();
            PackedModel.Pack(path, container, 1, null, CancellationToken.None);
            var packed = clock.Elapsed.TotalSeconds;
            clock.Restart();
            PackedModel.Unpack(container, back, 1, null, CancellationToken.None);
            var unpacked = clock.Elapsed.TotalSeconds;
            var pairs = Enumerable.Range(0, settings.Int("runs", 11) + 1).Select(run => Open(path, sparse, swapped: run % 2 == 1)).Skip(1).ToArray();
            var ratios = pairs.Select(pair => pair.Packed / pair.Dense).Order().ToArray();
            return new()
            {
                ["zeros"] = Zeros(path),
                ["dense"] = new FileInfo(path).Length,
                ["gzip"] = Compressed(path, stream => new GZipStream(stream, CompressionLevel.SmallestSize, leaveOpen: true)),
                ["brotli"] = Compressed(path, stream => new BrotliStream(stream, new BrotliCompressionOptions { Quality = 9 }, leaveOpen: true)),
                ["onnx"] = new FileInfo(sparse).Length,
                ["secz"] = new FileInfo(container).Length,
                ["packSeconds"] = packed,
                ["unpackSeconds"] = unpacked,
                ["denseMs"] = Median([.. pairs.Select(pair => pair.Dense)]),
                ["packedMs"] = Median([.. pairs.Select(pair => pair.Packed)]),
                ["ratio"] = Median(ratios),
                ["ratioLeast"] = ratios[0],
                ["ratioMost"] = ratios[^1],
            };
        }
        finally
        {
            foreach (var file in new[] { sparse, container, back }) File.Delete(file);
        }
    }

    private static (double Dense, double Packed) Open(string dense, string packed, bool swapped)
    {
        var first = Open(swapped ? packed : dense);
        var second = Open(swapped ? dense : packed);
        return swapped ? (second, first) : (first, second);
    }

    private static double Open(string path)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        var clock = Stopwatch.StartNew();
        using var session = new InferenceSession(path, options);
        return clock.Elapsed.TotalMilliseconds;
    }

    private static double Zeros(string path)
    {
        var weights = OnnxModel.Load(path).Graph.Constants.Values.Where(tensor => tensor.Type() == TensorProto.Types.DataType.Float && tensor.Dims.Count > 1).ToArray();
        return 1 - ((double)weights.Sum(weight => (long)SparseTensor.Nonzero(weight)) / weights.Sum(weight => weight.Count()));
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static long Compressed(string path, Func<Stream, Stream> open)
    {
        using var target = new FileStream(path + ".part", FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        using (var file = File.OpenRead(path))
        using (var stream = open(target)) file.CopyTo(stream);
        return target.Length;
    }

    private static void Write(string path, double sparsity)
    {
        var random = new Random(1);
        var graph = new GraphProto { Name = "random" };
        graph.Input.Add(Value("x"));
        graph.Output.Add(Value($"y{Layers}"));
        var weights = new float[Width * Width];
        for (var layer = 1; layer <= Layers; layer++)
        {
            for (var i = 0; i < weights.Length; i++) weights[i] = random.NextDouble() < sparsity ? 0 : (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) / 45);
            graph.Initializer.Add(TensorData.Of($"w{layer}", weights, Width, Width));
            graph.Node.Add(new NodeProto { OpType = "MatMul", Name = $"fc{layer}", Input = { layer == 1 ? "x" : $"y{layer - 1}", $"w{layer}" }, Output = { $"y{layer}" } });
        }
        using var file = File.Create(path);
        new ModelProto { IrVersion = 8, Graph = graph, OpsetImport = { new OperatorSetIdProto { Version = 17 } } }.WriteTo(file);
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
