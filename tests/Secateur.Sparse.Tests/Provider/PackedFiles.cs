using Google.Protobuf;
using Secateur.Onnx.Packing;
using Secateur.Onnx.Proto;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>Models as files hold them, packed for the provider and unpacked again, in a folder of their own.</summary>
internal sealed class PackedFiles : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    /// <returns>It, and how many weights were packed, whatever zeros they have.</returns>
    public (ModelProto Model, int Weights) Packed(ModelProto model)
    {
        var (from, to) = (Path.Combine(_folder, "dense.onnx"), Path.Combine(_folder, "packed.onnx"));
        File.WriteAllBytes(from, model.ToByteArray());
        var (_, weights, _) = ProviderModel.Pack(from, to, TestContext.Current.CancellationToken, 0, 1);
        Assert.Equal(weights.Length > 0, ProviderModel.Is(to));
        return (ModelProto.Parser.ParseFrom(File.ReadAllBytes(to)), weights.Length);
    }

    public ModelProto Unpacked(ModelProto packed)
    {
        var (from, to) = (Path.Combine(_folder, "packed.onnx"), Path.Combine(_folder, "again.onnx"));
        File.WriteAllBytes(from, packed.ToByteArray());
        if (!ProviderModel.Is(from)) return packed;
        ProviderModel.Unpack(from, to);
        return ModelProto.Parser.ParseFrom(File.ReadAllBytes(to));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
