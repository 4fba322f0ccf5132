using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.AttributeProto.Types;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Testing;

/// <summary>Models of float32 in the two forms that exporters give halves.</summary>
public static class HalfModels
{
    /// <summary>Weights are halves in the file; a Cast behind each makes them float32, which all else is.</summary>
    /// <param name="model">Not changed.</param>
    /// <param name="half">float16 or bfloat16.</param>
    public static OnnxModel Stored(OnnxModel model, DataType half)
    {
        var proto = model.Proto.Clone();
        var made = new List<NodeProto>();
        foreach (var tensor in proto.Graph.Initializer.Where(tensor => tensor.Type() == DataType.Float && tensor.Dims.Count > 0))
        {
            foreach (var node in proto.Graph.Node)
                for (var i = 0; i < node.Input.Count; i++)
                    if (node.Input[i] == tensor.Name) node.Input[i] = tensor.Name + "/wide";
            Narrow(tensor, half);
            made.Add(SmallGraphs.Node("Cast", [tensor.Name], [tensor.Name + "/wide"], ("to", (long)DataType.Float)));
            made[^1].Name = tensor.Name + "/cast";
        }
        NodeProto[] nodes = [.. made, .. proto.Graph.Node];
        proto.Graph.Node.Clear();
        proto.Graph.Node.Add(nodes);
        return new(proto, model.Path);
    }

    /// <summary>All that was float32 is a half: inputs, outputs, constants, what casts make; only scales of sizes stay, as the standard asks.</summary>
    /// <param name="model">Not changed.</param>
    /// <param name="half">float16 or bfloat16.</param>
    public static OnnxModel Computed(OnnxModel model, DataType half)
    {
        var proto = model.Proto.Clone();
        var scales = proto.Graph.Node.Where(node => node.OpType is "Resize" or "Upsample").SelectMany(node => node.Input.Skip(1)).ToHashSet();
        foreach (var tensor in proto.Graph.Initializer.Where(tensor => tensor.Type() == DataType.Float && !scales.Contains(tensor.Name))) Narrow(tensor, half);
        foreach (var value in proto.Graph.Input.Concat(proto.Graph.Output).Concat(proto.Graph.ValueInfo))
            if (value.Type?.TensorType is { ElemType: (int)DataType.Float } type) type.ElemType = (int)half;
        foreach (var node in proto.Graph.Node)
        {
            foreach (var attribute in node.Attribute)
            {
                if (attribute is { Name: "to", I: (int)DataType.Float } && node.OpType == "Cast") attribute.I = (int)half;
                if (attribute.Type == AttributeType.Tensor && attribute.T.Type() == DataType.Float && !node.Output.Any(scales.Contains)) Narrow(attribute.T, half);
            }
        }
        return new(proto, model.Path);
    }

    private static void Narrow(TensorProto tensor, DataType half)
    {
        using var scope = NewDisposeScope();
        var type = Halves.Of(half)!.Value;
        var (wide, largest) = (tensor.ToTorch(), finfo(type).max);
        var narrow = where(wide.isfinite(), wide.clamp(-largest, largest), wide).to(type); // what masks stays finite
        tensor.DataType = (int)half;
        tensor.SetBytes(narrow.bytes);
    }
}
