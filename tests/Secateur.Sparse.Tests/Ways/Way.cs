using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Sparse.Tests.Provider;
using Secateur.Testing;

namespace Secateur.Sparse.Tests.Ways;

/// <summary>A folder with the sparse model that the samples run, and what stock ONNX Runtime makes of the input that they give it.</summary>
internal sealed class Way : IDisposable
{
    private readonly (long[] Shape, float[] Values)[] _expected;

    public Way()
    {
        var random = new Random(7);
        var x = TensorData.Of("x", [.. Enumerable.Range(0, 8 * 64).Select(i => (i % 7 - 3) / 4f)], 8, 64);
        var model = SmallGraphs.Of(17,
            [Node("MatMul", ["x", "first"], "a"), Node("Add", ["a", "bias"], "b"), Node("Relu", ["b"], "c"), Node("MatMul", ["c", "second"], "y")],
            [x],
            [
                TensorData.Of("first", Draw.Weights(random, 64, 96, 0.9), 64, 96), TensorData.Of("bias", Draw.Values(random, 96), 96),
                TensorData.Of("second", Draw.Weights(random, 96, 32, 0.9), 96, 32),
            ], ["y"]).Proto;
        File.WriteAllBytes(Model, model.ToByteArray());
        using var stock = new Run(model, null);
        _expected = stock.Of(x);

        static NodeProto Node(string type, string[] inputs, string output)
        {
            var node = SmallGraphs.Node(type, inputs, [output]);
            node.Name = output;
            return node;
        }
    }

    /// <summary>Removed with all that is in it.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory().FullName;

    public string Model => Path.Join(Folder, "model.onnx");

    /// <summary>ONNX Runtime's headers, out of its NuGet package.</summary>
    public static string Headers => Told("OnnxRuntimeHeaders");

    /// <summary>Where NuGet keeps the packages that the tests are built from.</summary>
    public static string Packages => Told("Packages");

    public static string Sample(string path) => Path.Join(Library.Root, "samples/provider", path);

    /// <summary>Of a program on the PATH; without it the test is skipped.</summary>
    public static string Tool(string name)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Join(folder, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"{name} is not installed");
        return path!;
    }

    /// <summary>The folder, with ONNX Runtime's library in it under the names that linkers and loaders look for.</summary>
    public string WithRuntime()
    {
        foreach (var name in new[] { "libonnxruntime.so", "libonnxruntime.so.1" }) File.CreateSymbolicLink(Path.Join(Folder, name), Path.Join(AppContext.BaseDirectory, "libonnxruntime.so"));
        return Folder;
    }

    /// <summary>Runs a program in the folder to its end.</summary>
    public (int Code, string Output, string Error) Start(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>Of a program that must end well.</summary>
    public void Make(string program, params string[] arguments)
    {
        var (code, output, error) = Start(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {code}\n{output}{error}");
    }

    /// <summary>It printed what stock ONNX Runtime computes, and the provider told that it took both products.</summary>
    public void Holds((int Code, string Output, string Error) run)
    {
        Assert.True(run.Code == 0, $"{run.Code}\n{run.Output}{run.Error}");
        float[] values = [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => float.Parse(line, CultureInfo.InvariantCulture))];
        Law.Equal(_expected, [(_expected[0].Shape, values)]);
        Assert.Equal(2, run.Error.Split('\n').Count(line => line.StartsWith("secateur: ", StringComparison.Ordinal) && line.Contains(" claimed ")));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string Told(string key) => typeof(Way).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(told => told.Key == key).Value!;
}
