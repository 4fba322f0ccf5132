using System.Diagnostics;
using System.Globalization;
using Secateur.Architectures;
using Secateur.Onnx;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Bench;

/// <summary>What opening a session takes with 256 MB of weights, in time and memory, each in a process of its own.</summary>
internal static class SparseOpen
{
    private const int Layers = 4;
    private const int Width = 4096;

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var file = Path.Combine(Path.GetTempPath(), $"secateur-open-{Environment.ProcessId}.onnx");
        List<string[]> rows = [["zeros", "stock, s", "ours, s", "times as long", "stock peak, MB", "ours peak, MB", "stock resident, MB", "ours resident, MB", "resident, share"]];
        foreach (var sparsity in settings.Numbers("sparsities", 0.9, 0.95))
        {
            Model(sparsity).Save(file);
            var cells = new[] { "stock", "ours" }.Select(mode => Enumerable.Range(1, settings.Int("runs", 5)).Select(run => ledger.Cell($"{sparsity.ToString(CultureInfo.InvariantCulture)} {mode} {run}", settings.Command, () => Child(file, mode))).ToArray()).ToArray();
            string Of(int mode, string key, string format) => Ledger.Spread([.. cells[mode].Select(cell => cell[key])], format);
            double Mean(int mode, string key) => cells[mode].Average(cell => cell[key]);
            rows.Add([Ledger.Percent(sparsity), Of(0, "seconds", "0.00"), Of(1, "seconds", "0.00"), (Mean(1, "seconds") / Mean(0, "seconds")).ToString("0.00", CultureInfo.InvariantCulture),
                Of(0, "peak", "0"), Of(1, "peak", "0"), Of(0, "resident", "0"), Of(1, "resident", "0"), (Mean(1, "resident") / Mean(0, "resident")).ToString("0.00", CultureInfo.InvariantCulture)]);
        }
        File.Delete(file);
        ledger.Table("Opening a session", settings.Command,
            $"{Layers} products of {Width} by {Width}, {4L * Layers * Width * Width >> 20} MB of float32, zeros at random. Seconds are those of making the session. Peak is VmHWM of the process, resident VmRSS after one run, "
            + "each less what the process held before. Goals: at most 1.2 times as long, a peak of at most 1.0 and 0.3 of the resident memory.", rows);
    }

    /// <summary>The measured process: prints seconds, peak, resident.</summary>
    public static void Child(Settings settings)
    {
        var before = SparsePair.Resident();
        var (seconds, resident) = SparsePair.Open(settings.Text("folder", ""), settings.Text("mode", "") == "ours");
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{seconds:0.000} {SparsePair.Resident("VmHWM:") - before:0.0} {resident:0.0}"));
    }

    private static Dictionary<string, double> Child(string file, string mode)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(SparseOpen).Assembly.Location, "sparse-open-child", "--mode", mode, "--folder", file]) { RedirectStandardOutput = true })!;
        var figures = child.StandardOutput.ReadToEnd().Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)).ToArray();
        child.WaitForExit();
        return new() { ["seconds"] = figures[0], ["peak"] = figures[1], ["resident"] = figures[2] };
    }

    private static OnnxModel Model(double sparsity)
    {
        var graph = new GraphBuilder("large", 1);
        var x = graph.Input("x", DataType.Float, Width);
        for (var layer = 0; layer < Layers; layer++) x = graph.Relu(graph.Gemm($"layer{layer}", x, Width, relu: true));
        graph.Output(x, "y");
        return SparseModels.Sparsify(graph.ToModel(), sparsity);
    }
}
