using System.Diagnostics;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Bench;

/// <summary>Makes skeletons of the ONNX files of a folder, and says of each whether it computes well when filled: equal to ONNX Runtime, finite, different from input to input.</summary>
internal static class Suite
{
    private const string Folder = "tests/Secateur.Testing/Skeletons";
    private const int Largest = 100_000; // bytes

    public static void Run(Settings settings)
    {
        var folder = settings.Text("folder", "out/suite");
        if (!Directory.Exists(folder)) throw new SecateurException($"{folder}: no such folder; export models into it with bench/peer/export.py suite, or name another with --folder");
        Directory.CreateDirectory(Folder);
        Console.WriteLine($"{"name",-30} {"bytes",7} {"nodes",5} {"error",8} {"largest",8} {"spread",7} {"differ",7} {"seconds",7}");
        foreach (var file in Directory.GetFiles(folder, "*.onnx").Order(StringComparer.Ordinal))
        {
            var packed = Skeleton.Pack(ModelProto.Parser.ParseFrom(File.ReadAllBytes(file)));
            if (packed.Length > Largest) throw new SecateurException($"{file}: its skeleton takes {packed.Length} bytes, over {Largest}; export the network smaller");
            var name = Path.GetFileNameWithoutExtension(file);
            AtomicFile.Write(Path.Combine(Folder, name + ".onnx.br"), stream => stream.Write(packed));
            Console.WriteLine($"{name,-30} {packed.Length,7} {Health(name, packed, settings.Int("seed", 1))}");
        }
    }

    private static string Health(string name, byte[] packed, long seed)
    {
        using var scope = NewDisposeScope();
        var model = Skeleton.Unpack(new MemoryStream(packed), seed, name);
        var path = Path.Combine("out", "bench", name + ".onnx");
        Directory.CreateDirectory("out/bench");
        model.Save(path);
        try
        {
            var inputs = Skeletons.Inputs(name, model, batch: 4);
            using var network = new Network(model);
            using var frozen = no_grad();
            var ours = network.Run(inputs);
            using var runtime = new OrtModel(path, get_num_threads());
            var clock = Stopwatch.StartNew();
            var theirs = runtime.Run(inputs);
            var (y, seconds) = (theirs[0].to(float64), clock.Elapsed.TotalSeconds);
            var error = ours.Zip(theirs).Max(pair => ((pair.First - pair.Second).abs().max() / pair.Second.abs().max().clamp_min(1e-3)).item<float>());
            return $"{network.Graph.Nodes.Length,5} {error,8:0.0e+0} {y.abs().max().item<double>(),8:0.00} {y.std().item<double>(),7:0.000} {y.std(0).mean().item<double>(),7:0.000} {seconds,7:0.00}";
        }
        catch (SecateurException e)
        {
            return e.Message;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
