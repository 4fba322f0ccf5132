using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Testing;

/// <summary>Models of float32 in the form that quantizers write for any runtime: integers behind <c>DequantizeLinear</c>.</summary>
public static class QuantizedModels
{
    private const float Step = 0.05f; // of activations

    /// <summary>Weights of Conv and Gemm are int8, their biases int32; with <paramref name="activations"/> what goes into these nodes is rounded to uint8 as well.</summary>
    /// <param name="model">Not changed; weights are read by one node each.</param>
    /// <param name="perChannel">A scale and a zero point for each output, or one of each for a weight.</param>
    /// <param name="activations">Whether they are rounded.</param>
    public static OnnxModel Of(OnnxModel model, bool perChannel, bool activations)
    {
        var proto = model.Proto.Clone();
        List<NodeProto> made = [];
        foreach (var node in proto.Graph.Node.ToArray())
        {
            if (node.OpType is "Conv" or "Gemm")
            {
                var axis = node.OpType == "Conv" || node.Attribute.Any(attribute => attribute is { Name: "transB", I: 1 }) ? 0 : 1;
                node.Input[1] = Behind(proto, made, node.Input[1], perChannel ? axis : -1, DataType.Int8);
                if (node.Input.Count > 2) node.Input[2] = Behind(proto, made, node.Input[2], perChannel ? 0 : -1, DataType.Int32);
                if (activations) node.Input[0] = Rounded(proto, made, node.Input[0], node.Name);
            }
            made.Add(node);
        }
        proto.Graph.Node.Clear();
        proto.Graph.Node.Add(made);
        return new OnnxModel(proto, model.Path).Reread();
    }

    /// <summary>Puts a constant behind a DequantizeLinear; gives what that makes.</summary>
    private static string Behind(ModelProto proto, List<NodeProto> nodes, string name, int axis, DataType type)
    {
        var tensor = proto.Graph.Initializer.First(one => one.Name == name);
        var values = tensor.ToArray<float>();
        long[] shape = [.. tensor.Dims];
        var (outputs, inner) = (axis < 0 ? 1 : (int)shape[axis], axis < 0 ? values.Length : (int)shape[(axis + 1)..].Aggregate(1L, (product, size) => product * size));
        int Channel(int place) => axis < 0 ? 0 : place / inner % outputs;
        var scales = new float[outputs];
        for (var i = 0; i < values.Length; i++) scales[Channel(i)] = Math.Max(scales[Channel(i)], Math.Abs(values[i]) / 100 + 1e-4f);
        var zeros = new int[outputs];
        if (type == DataType.Int8)
            for (var channel = 0; channel < outputs; channel++) zeros[channel] = (channel % 5) - 2;
        int[] integers = [.. values.Select((value, place) => (int)Math.Round(value / scales[Channel(place)]) + zeros[Channel(place)])];
        proto.Graph.Initializer.Remove(tensor);
        long[] of = axis < 0 ? [] : [outputs];
        proto.Graph.Initializer.Add(type == DataType.Int8 ? SmallGraphs.Tensor<sbyte>(name, type, [.. integers.Select(one => (sbyte)one)], shape) : SmallGraphs.Tensor<int>(name, type, integers, shape));
        proto.Graph.Initializer.Add(SmallGraphs.Tensor<float>(name + "/scale", DataType.Float, scales, of));
        if (type == DataType.Int8) proto.Graph.Initializer.Add(SmallGraphs.Tensor<sbyte>(name + "/zero", type, [.. zeros.Select(one => (sbyte)one)], of));
        nodes.Add(SmallGraphs.Node("DequantizeLinear", type == DataType.Int8 ? [name, name + "/scale", name + "/zero"] : [name, name + "/scale"], [name + "/numbers"], ("axis", (long)Math.Max(0, axis))));
        nodes[^1].Name = name + "/dequantize";
        return name + "/numbers";
    }

    private static string Rounded(ModelProto proto, List<NodeProto> nodes, string value, string node)
    {
        proto.Graph.Initializer.Add(SmallGraphs.Tensor<float>(node + "/step", DataType.Float, [Step]));
        proto.Graph.Initializer.Add(SmallGraphs.Tensor<byte>(node + "/middle", DataType.Uint8, [128]));
        foreach (var (op, from, to) in ((string, string, string)[])[("QuantizeLinear", value, node + "/few"), ("DequantizeLinear", node + "/few", node + "/rounded")])
        {
            nodes.Add(SmallGraphs.Node(op, [from, node + "/step", node + "/middle"], [to]));
            nodes[^1].Name = $"{node}/{op}";
        }
        return node + "/rounded";
    }
}
