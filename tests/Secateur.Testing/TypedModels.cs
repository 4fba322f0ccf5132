using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.AttributeProto.Types;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Testing;

/// <summary>Models of float32 with weights of another type, in the two forms that exporters give them.</summary>
public static class TypedModels
{
    /// <param name="model">Not changed.</param>
    /// <param name="form">float16 or float64, or a type and <c>stored</c>.</param>
    public static OnnxModel Of(OnnxModel model, string form)
    {
        var type = form.Split(' ')[0] switch { "float16" => DataType.Float16, "bfloat16" => DataType.Bfloat16, _ => DataType.Double };
        return form.EndsWith("stored", StringComparison.Ordinal) ? Stored(model, type) : Computed(model, type);
    }

    /// <summary>Weights are of a type in the file; a Cast behind each makes them float32, which all else is.</summary>
    /// <param name="model">Not changed.</param>
    /// <param name="type">float16, bfloat16 or float64.</param>
    public static OnnxModel Stored(OnnxModel model, DataType type)
    {
        var proto = model.Proto.Clone();
        var made = new List<NodeProto>();
        foreach (var tensor in proto.Graph.Initializer.Where(tensor => tensor.Type() == DataType.Float && tensor.Dims.Count > 0))
        {
            foreach (var node in proto.Graph.Node)
                for (var i = 0; i < node.Input.Count; i++)
                    if (node.Input[i] == tensor.Name) node.Input[i] = tensor.Name + "/wide";
            Retype(tensor, type);
            made.Add(SmallGraphs.Node("Cast", [tensor.Name], [tensor.Name + "/wide"], ("to", (long)DataType.Float)));
            made[^1].Name = tensor.Name + "/cast";
        }
        NodeProto[] nodes = [.. made, .. proto.Graph.Node];
        proto.Graph.Node.Clear();
        proto.Graph.Node.Add(nodes);
        return new(proto, model.Path);
    }

    /// <summary>All that was float32 is of a type: inputs, outputs, constants, what casts make; only scales of sizes stay, as the standard asks.</summary>
    /// <param name="model">Not changed.</param>
    /// <param name="type">float16, bfloat16 or float64.</param>
    public static OnnxModel Computed(OnnxModel model, DataType type)
    {
        var proto = model.Proto.Clone();
        var scales = proto.Graph.Node.Where(node => node.OpType is "Resize" or "Upsample").SelectMany(node => node.Input.Skip(1)).ToHashSet();
        foreach (var tensor in proto.Graph.Initializer.Where(tensor => tensor.Type() == DataType.Float && !scales.Contains(tensor.Name))) Retype(tensor, type);
        foreach (var value in proto.Graph.Input.Concat(proto.Graph.Output).Concat(proto.Graph.ValueInfo))
            if (value.Type?.TensorType is { ElemType: (int)DataType.Float } stated) stated.ElemType = (int)type;
        foreach (var node in proto.Graph.Node)
        {
            foreach (var attribute in node.Attribute)
            {
                if (attribute is { Name: "to", I: (int)DataType.Float } && node.OpType == "Cast") attribute.I = (int)type;
                if (attribute.Type == AttributeType.Tensor && attribute.T.Type() == DataType.Float && !node.Output.Any(scales.Contains)) Retype(attribute.T, type);
            }
        }
        return new(proto, model.Path);
    }

    /// <summary>Of float64 every number but a few lone ones, such as an exponent, gets bits that float32 has not.</summary>
    private static void Retype(TensorProto tensor, DataType type)
    {
        using var scope = NewDisposeScope();
        var values = tensor.ToTorch();
        if (type == DataType.Double) values = values.to(ScalarType.Float64) * (values.numel() > 4 ? 1 + 1e-10 : 1);
        else
        {
            var half = Halves.Of(type)!.Value;
            var largest = finfo(half).max;
            values = where(values.isfinite(), values.clamp(-largest, largest), values).to(half); // what masks stays finite
        }
        tensor.DataType = (int)type;
        tensor.SetBytes(values.bytes);
    }
}
