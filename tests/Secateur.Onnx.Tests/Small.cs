using System.Text;
using Google.Protobuf;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Tests;

/// <summary>One small file that uses each way to hold a tensor: y = (x·dense + bias)·sparse + scalar.</summary>
internal static class Small
{
    /// <summary>[2, 3]</summary>
    public static TensorProto X => TensorData.Of("x", [0.5f, -1, 2, 1, 4, -0.25f], 2, 3);

    /// <summary>[4, 3], three of its elements are not zero.</summary>
    public static TensorProto Gaps => TensorData.Of("sparse", [0, 0, 1.5f, 0, -2, 0, 0, 0, 0, 0.25f, 0, 0], 4, 3);

    public static ModelProto Proto(bool sparse = true)
    {
        var dense = new TensorProto { Name = "dense", DataType = (int)DataType.Float };
        dense.Dims.Add([3L, 4]);
        dense.FloatData.Add(Enumerable.Range(0, 12).Select(i => 0.1f * i - 0.5f));
        NodeProto[] nodes =
        [
            SmallGraphs.Node("Constant", [], ["bias"], ("value", TensorData.Of("", [1f, 2, 3, 4], 4))),
            SmallGraphs.Node("MatMul", ["x", "dense"], ["a"]),
            SmallGraphs.Node("Add", ["a", "bias"], ["b"]),
            SmallGraphs.Node("MatMul", ["b", "sparse"], ["c"]),
            SmallGraphs.Node("Add", ["c", "scalar"], ["y"]),
        ];
        foreach (var node in nodes) node.Name = $"makes {node.Output[0]}";
        var proto = SmallGraphs.Of(17, nodes, [X], [dense, Gaps, TensorData.Of("scalar", [7f])], ["y"]).Proto;
        proto.MetadataProps.Add(new StringStringEntryProto { Key = "made-by", Value = "the tests" });
        if (!sparse) return proto;
        proto.Graph.Initializer.RemoveAt(1);
        proto.Graph.SparseInitializer.Add(SparseTensor.FromDense(Gaps));
        return proto;
    }

    /// <summary>The message with a field more, of a number that this version of ONNX does not know, holding text.</summary>
    public static T WithUnknown<T>(this T message, string text) where T : IMessage<T>, new()
    {
        using var stream = new MemoryStream();
        message.WriteTo(stream);
        using var output = new CodedOutputStream(stream);
        output.WriteTag(1234, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(Encoding.UTF8.GetBytes(text)));
        output.Flush();
        return new MessageParser<T>(() => new T()).ParseFrom(stream.ToArray());
    }
}
