using Google.Protobuf;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Tests;

/// <summary>A small model, and files of it in a folder that goes with the test.</summary>
internal sealed class Models : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("secateur-onnx").FullName;

    /// <summary>y = relu(x·w + b): w is an initializer, b the value of a Constant node; x [2, 3].</summary>
    public static ModelProto Small()
    {
        var b = TensorData.Of("", [0.5f, -0.5f], 2);
        return SmallGraphs.Of(17,
            [
                SmallGraphs.Node("Constant", [], ["b"], ("value", b)),
                SmallGraphs.Node("Gemm", ["x", "w", "b"], ["h"]),
                SmallGraphs.Node("Relu", ["h"], ["y"]),
            ],
            [TensorData.Of("x", new float[6], 2, 3)], [TensorData.Of("w", [1f, 0, 0, -2, 3, 0], 3, 2)], ["y"]).Proto;
    }

    public string Write(byte[] bytes, string name = "model.onnx")
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string Write(ModelProto proto) => Write(proto.ToByteArray());

    public string[] Files => [.. Directory.GetFiles(folder).Select(file => Path.GetFileName(file)).Order()];

    public string PathOf(string name) => Path.Combine(folder, name);

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
