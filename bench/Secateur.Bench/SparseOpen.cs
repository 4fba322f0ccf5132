using System.Diagnostics;
using System.Globalization;
using Secateur.Architectures;
using Secateur.Onnx;
using Secateur.Onnx.Packing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Bench;

/// <summary>What opening a session takes with 256 MB of weights, or 64 MB of int8, in time and memory, each in a process of its own.</summary>
internal static class SparseOpen
{
    private const int Layers = 4;
    private const int Width = 4096;

    /// <summary>By what is told of them: without the provider, with it, and with it a file that was packed for it.</summary>
    private static readonly (string Told, bool Provider, bool Packed)[] Ways = [("stock", false, false), ("provider", true, false), ("provider, packed file", true, true)];

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var (file, packed) = (Path.Combine(Path.GetTempPath(), $"secateur-open-{Environment.ProcessId}.onnx"), Path.Combine(Path.GetTempPath(), $"secateur-open-packed-{Environment.ProcessId}.onnx"));
        List<string[]> rows = [["zeros", "with", "file, MB", "opened, s", "of stock's", "first answer, s", "of stock's", "peak, MB", "of stock's", "resident, MB", "of stock's"]];
        foreach (var (sparsity, isInt8) in settings.Numbers("sparsities", 0.9, 0.95).SelectMany(sparsity => new[] { (sparsity, false), (sparsity, true) }))
        {
            var kind = isInt8 ? ", int8" : "";
            Model(sparsity, isInt8).Save(file);
            ProviderModel.Pack(file, packed, CancellationToken.None);
            var cells = Ways.Select(_ => new List<Dictionary<string, double>>()).ToArray();
            for (var run = 1; run <= settings.Int("runs", 5); run++)
                foreach (var (index, way) in Ways.Index())
                    cells[index].Add(ledger.Cell($"{sparsity.ToString(CultureInfo.InvariantCulture)}{kind} {way.Told} {run}", settings.Command, () => Child(way.Packed ? packed : file, way.Provider)));
            foreach (var (index, way) in Ways.Index())
            {
                string Of(string key, string format) => Ledger.Spread([.. cells[index].Select(cell => cell[key])], format);
                string Share(string key) => (cells[index].Average(cell => cell[key]) / cells[0].Average(cell => cell[key])).ToString("0.00", CultureInfo.InvariantCulture);
                rows.Add([Ledger.Percent(sparsity) + kind, way.Told, (new FileInfo(way.Packed ? packed : file).Length >> 20).ToString(CultureInfo.InvariantCulture),
                    Of("seconds", "0.00"), Share("seconds"), Of("answer", "0.00"), Share("answer"), Of("peak", "0"), Share("peak"), Of("resident", "0"), Share("resident")]);
            }
        }
        File.Delete(file);
        File.Delete(packed);
        ledger.Table("Opening a session", settings.Command,
            $"{Layers} products of {Width} by {Width}, {4L * Layers * Width * Width >> 20} MB of float32, or a fourth as many of int8 behind DequantizeLinear, zeros at random. Each run is a process of its own, in turn. Opened: the session is made; first answer: and has run once, with one token, "
            + "for which the provider packs the weights then. Peak is VmHWM of the process, resident VmRSS after that run, each less what it held before the provider was registered and the session made. The provider's packed file is of `secateur pack --provider`. "
            + "Goals: at most 1.2 times as long, a peak of at most 1.0 and 0.3 of the resident memory.", rows);
    }

    /// <summary>The measured process: prints seconds to the session, to its first answer, peak, resident.</summary>
    public static void Child(Settings settings)
    {
        var (seconds, answer, peak, resident) = SparsePair.Open(settings.Text("folder", ""), settings.Text("mode", "") == "ours");
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{seconds:0.000} {answer:0.000} {peak:0.0} {resident:0.0}"));
    }

    private static Dictionary<string, double> Child(string file, bool provider)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(SparseOpen).Assembly.Location, "sparse-open-child", "--mode", provider ? "ours" : "stock", "--folder", file]) { RedirectStandardOutput = true })!;
        var figures = child.StandardOutput.ReadToEnd().Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)).ToArray();
        child.WaitForExit();
        return new() { ["seconds"] = figures[0], ["answer"] = figures[1], ["peak"] = figures[2], ["resident"] = figures[3] };
    }

    private static OnnxModel Model(double sparsity, bool isInt8)
    {
        var graph = new GraphBuilder("large", 1);
        var x = graph.Input("x", DataType.Float, Width);
        for (var layer = 0; layer < Layers; layer++) x = graph.Relu(isInt8 ? graph.Linear($"layer{layer}", x, Width) : graph.Gemm($"layer{layer}", x, Width, relu: true));
        graph.Output(x, "y");
        var model = SparseModels.Sparsify(graph.ToModel(), sparsity);
        return isInt8 ? SparseModels.ToBytes(model) : model;
    }
}
