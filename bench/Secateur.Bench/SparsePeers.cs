using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Bench;

/// <summary>The provider beside other engines on the same layers, in rounds: ONNX Runtime with floats and with bytes, oneDNN, Eigen, XNNPACK. One thread.</summary>
internal static class SparsePeers
{
    private const int Rounds = 3;

    private sealed record Case(string Name, Func<OnnxModel> Make, int Batch, OnnxModel? Bytes, params (string Engine, string Request)[] Peers);

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var (file, only) = (Path.Combine(Path.GetTempPath(), $"secateur-peer-{Environment.ProcessId}.onnx"), settings.Text("model", ""));
        using var peer = Start();
        foreach (var one in Cases().Where(one => one.Name.Contains(only, StringComparison.Ordinal)))
            ledger.Cell(one.Name, settings.Command, () =>
            {
                Dictionary<string, List<double>> times = [];
                void Add(string engine, double microseconds) => (CollectionsMarshal.GetValueRefOrAddDefault(times, engine, out _) ??= []).Add(microseconds);
                for (var round = 0; round < Rounds; round++)
                {
                    one.Make().Save(file);
                    var pair = SparsePair.Measure(file, one.Batch, 1, 1);
                    Add("ONNX Runtime", pair["stock us, 1 threads"]);
                    Add("Secateur", pair["ours us, 1 threads"]);
                    if (one.Bytes is not null)
                    {
                        one.Bytes.Save(file);
                        Add("ONNX Runtime, int8", SparsePair.Measure(file, one.Batch, 1, 0.5)["stock us, 1 threads"]);
                    }
                    foreach (var (engine, request) in one.Peers)
                    {
                        peer.StandardInput.WriteLine(request);
                        if (peer.StandardOutput.ReadLine()?.Split(' ') is [_, var median]) Add(engine, double.Parse(median, CultureInfo.InvariantCulture));
                    }
                }
                return times.ToDictionary(engine => engine.Key, engine => engine.Value.Order().ElementAt(engine.Value.Count / 2));
            });
        peer.StandardInput.Close();
        peer.WaitForExit();
        File.Delete(file);
        string[] engines = ["Secateur", "ONNX Runtime", "ONNX Runtime, int8", "oneDNN", "Eigen, sparse", "XNNPACK, sparse"];
        List<string[]> rows = [["microseconds", .. engines]];
        rows.AddRange(ledger.Cells.Select(cell => (string[])[cell.Key, .. engines.Select(engine => cell.Value.TryGetValue(engine, out var time)
            ? $"{time.ToString("0", CultureInfo.InvariantCulture)}{(engine == "Secateur" ? "" : $" ({(time / cell.Value["Secateur"]).ToString("0.0", CultureInfo.InvariantCulture)}x)")}" : "")]));
        ledger.Table("Beside other engines", settings.Command,
            $"Medians of half a second of runs or more, and of these the middle one of {Rounds} rounds, all engines in turn in each. One thread. In brackets how many times as long as the provider. ONNX Runtime and oneDNN multiply by all weights; "
            + "int8 is `DynamicQuantizeMatMul`, whose answers are coarser. Debian's oneDNN 2.6.3, Eigen 3.4 (rows, compressed; tokens side by side, without the transposes that the provider's time holds), "
            + "XNNPACK of February 2022 (sparse 1x1 convolutions alone). Random zeros.", rows);
    }

    private static Process Start()
    {
        var program = Path.Combine(Path.GetTempPath(), "secateur-peer");
        using (var compiler = Process.Start("g++", ["-O3", "-march=native", "-std=c++17", "-I", "/usr/include/eigen3", "bench/peer/sparse.cpp", "-o", program, "-ldnnl", "-lXNNPACK"]))
        {
            compiler.WaitForExit();
            if (compiler.ExitCode != 0) throw new SecateurException("bench: the peers do not compile; apt-get install g++ libdnnl-dev libxnnpack-dev libpthreadpool-dev libeigen3-dev");
        }
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }

    private static IEnumerable<Case> Cases()
    {
        foreach (var (tokens, inputs, outputs) in new[] { (128, 768, 3072), (128, 3072, 768), (1, 768, 3072) })
            foreach (var sparsity in new[] { 0.8, 0.9, 0.95 })
                yield return new($"MatMul {inputs} to {outputs}, {tokens} tokens, {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Product(tokens, inputs, outputs), sparsity), 1, OfBytes(tokens, inputs, outputs),
                    ("oneDNN", $"dnnl-matmul {tokens} {inputs} {outputs}"), ("Eigen, sparse", $"eigen-matmul {tokens} {inputs} {outputs} {Text(sparsity)}"));
        foreach (var (channels, outputs, size) in new[] { (64, 256, 56), (256, 1024, 14), (512, 2048, 7) })
            foreach (var sparsity in new[] { 0.8, 0.9, 0.95 })
                yield return new($"Conv 1x1 {channels} to {outputs}, {size}x{size}, {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Convolution(channels, outputs, 1, 1, size), sparsity), 1, null,
                    ("oneDNN", $"dnnl-conv 1 {channels} {outputs} 1 1 {size}"), ("XNNPACK, sparse", $"xnn-conv 1 {channels} {outputs} {size} {Text(sparsity)}"));
        foreach (var (channels, size) in new[] { (64, 56), (256, 14) })
            foreach (var sparsity in new[] { 0.8, 0.9, 0.95 })
                yield return new($"Conv 3x3 {channels} to {channels}, {size}x{size}, {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Convolution(channels, channels, 3, 1, size), sparsity), 1, null,
                    ("oneDNN", $"dnnl-conv 1 {channels} {channels} 3 1 {size}"));
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The product with weights of bytes, inputs quantized as they come.</summary>
    private static OnnxModel OfBytes(long tokens, int inputs, int outputs)
    {
        var model = SparseModels.Product(tokens, inputs, outputs);
        var graph = model.Proto.Graph;
        var weights = new sbyte[inputs * outputs];
        for (var i = 0; i < weights.Length; i++) weights[i] = (sbyte)(i * 37 % 255 - 127);
        var bytes = new TensorProto { Name = "bytes", DataType = (int)DataType.Int8, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<sbyte>(weights)) };
        bytes.Dims.Add([inputs, outputs]);
        var bias = graph.Initializer.Single(tensor => tensor.Name == "layer.bias");
        graph.Initializer.Clear();
        graph.Initializer.Add([bytes, TensorData.Of("scale", (float[])[0.01f]), bias]);
        graph.Node.Clear();
        graph.Node.Add(new NodeProto { OpType = "DynamicQuantizeMatMul", Domain = "com.microsoft", Name = "layer", Input = { "x", "bytes", "scale", "", "layer.bias" }, Output = { "y" } });
        model.Proto.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        return new(model.Proto);
    }
}
