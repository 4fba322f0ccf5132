using Google.Protobuf;
using Secateur.Onnx.Packing;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Tests.Packing;

/// <summary>Files that hold tensors in every way that there is; they need not be run.</summary>
internal static class PackedModels
{
    private static readonly DataType[] Types = [.. Enum.GetValues<DataType>().Where(type => TensorData.Bits(type) > 0)];

    /// <summary>A model in a folder, at random with or without external data.</summary>
    public static string Write(TemporaryFolder folder, int seed)
    {
        var random = new Random(seed);
        var proto = Small.Proto().WithUnknown("of a later version");
        proto.Graph = proto.Graph.WithUnknown("behind the tensors");
        var inner = new GraphProto { Name = "inner" };
        var outside = random.Next(2) == 0 ? new MemoryStream() : null;
        for (var count = random.Next(1, 6); count > 0; count--)
        {
            var tensor = Tensor($"w{count}", random);
            if (outside is not null && random.Next(3) > 0) Move(tensor, outside, random);
            switch (random.Next(4))
            {
                case 0: proto.Graph.Node.Add(SmallGraphs.Node("Constant", [], [tensor.Name], ("value", tensor))); break;
                case 1: inner.Initializer.Add(tensor); break;
                case 2 when tensor.DataLocation != DataLocation.External && TensorData.Width(tensor.Type()) > 0: proto.Graph.SparseInitializer.Add(SparseTensor.FromDense(tensor)); break;
                default: proto.Graph.Initializer.Add(tensor); break;
            }
        }
        proto.Graph.Node.Add(SmallGraphs.Node("If", ["yes"], ["z"], ("then_branch", inner), ("else_branch", new GraphProto { Name = "other" })));
        if (outside is { Length: > 0 }) folder.With("w.data", outside.ToArray());
        return folder.With("model.onnx", proto);
    }

    private static TensorProto Tensor(string name, Random random)
    {
        var type = Types[random.Next(Types.Length)];
        var elements = Piece.Of(type);
        var count = random.Next(0, 2000) * 2;
        var bytes = SparseBytes.Of(elements, count * TensorData.Bits(type) / 8 / Piece.Width(elements), random.Next());
        var tensor = SmallGraphs.Tensor<byte>(name, type, bytes, count);
        if (type != DataType.Float || random.Next(2) == 0) return tensor;
        tensor.FloatData.Add(tensor.ToArray<float>());
        tensor.ClearRawData();
        return tensor;
    }

    private static void Move(TensorProto tensor, MemoryStream data, Random random)
    {
        if (tensor.RawData.Length == 0) return;
        data.Write(new byte[random.Next(100)]); // nothing needs to be aligned
        tensor.DataLocation = DataLocation.External;
        foreach (var (key, value) in new[] { ("location", "w.data"), ("offset", $"{data.Position}"), ("length", $"{tensor.RawData.Length}") })
            tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
        data.Write(tensor.RawData.Span);
        tensor.ClearRawData();
    }
}
