using Secateur.Onnx.Proto;

namespace Secateur.Onnx.Packing;

/// <summary>The nodes that multiply by a constant, all in a way that Secateur's execution provider takes.</summary>
/// <param name="Nodes">Each has it as its second input.</param>
/// <param name="IsTurned">Whether the outputs lie along its second axis.</param>
internal sealed record WeightUse(List<NodeProto> Nodes, bool IsTurned)
{
    /// <summary>By the name of the constant; those are left out that anything else reads, or some read turned and some not.</summary>
    public static Dictionary<string, WeightUse> Of(GraphProto graph)
    {
        Dictionary<string, WeightUse> uses = [];
        var constants = graph.Initializer.GroupBy(tensor => tensor.Name).Where(group => group.Count() == 1).ToDictionary(group => group.Key, group => group.Single());
        HashSet<string> elsewhere = [.. graph.Input.Concat(graph.Output).Select(value => value.Name), .. Inner(graph.Node).SelectMany(node => node.Input)];
        foreach (var node in graph.Node)
            for (var i = 0; i < node.Input.Count; i++)
            {
                if (!constants.TryGetValue(node.Input[i], out var constant)) continue;
                var turned = i == 1 && node.Input[0] != node.Input[1] && !constants.ContainsKey(node.Input[0]) ? Turned(node, constant, constants) : null;
                if (turned is not { } way || (uses.TryGetValue(constant.Name, out var known) && known.IsTurned != way)) elsewhere.Add(constant.Name);
                else if (known is not null) known.Nodes.Add(node);
                else uses[constant.Name] = new([node], way);
            }
        foreach (var name in elsewhere) uses.Remove(name);
        return uses;
    }

    /// <summary>Null where the provider would not take the node.</summary>
    private static bool? Turned(NodeProto node, TensorProto weight, Dictionary<string, TensorProto> constants) => (OnnxModel.Domain(node.Domain), node.OpType, weight.Dims.Count) switch
    {
        ("", "MatMul", 2) => true,
        ("", "Gemm", 2) or ("com.microsoft", "FusedGemm", 2) when Whole(node, "transA") == 0 && IsBias(node, weight.Dims[Whole(node, "transB") == 0 ? 1 : 0], constants) => Whole(node, "transB") == 0,
        ("com.microsoft", "FusedMatMul", 2) when Whole(node, "transA") + Whole(node, "transBatchA") + Whole(node, "transBatchB") == 0 => Whole(node, "transB") == 0,
        ("", "Conv", 3 or 4) or ("com.microsoft", "FusedConv", 3 or 4) when (Whole(node, "group") < 2 || weight.Dims[1] > 1) && IsBias(node, weight.Dims[0], constants) && !DependsOnSize(node) => false,
        _ => null,
    };

    /// <summary>Whether a third operand is absent, or one number for each output or for all.</summary>
    private static bool IsBias(NodeProto node, long outputs, Dictionary<string, TensorProto> constants) => node.Input.Count < 3 || node.Input[2].Length == 0
        || (constants.TryGetValue(node.Input[2], out var bias) && (bias.Count() == 1 || (bias.Count() == outputs && bias.Dims[^1] == outputs)));

    private static bool DependsOnSize(NodeProto node) => node.Attribute.FirstOrDefault(attribute => attribute.Name == "auto_pad")?.S.ToStringUtf8() is "SAME_UPPER" or "SAME_LOWER"
        && node.Attribute.FirstOrDefault(attribute => attribute.Name == "strides")?.Ints.Any(stride => stride != 1) == true;

    private static long Whole(NodeProto node, string attribute) => node.Attribute.FirstOrDefault(one => one.Name == attribute)?.I ?? 0;

    /// <summary>Nodes of the graphs inside nodes.</summary>
    private static IEnumerable<NodeProto> Inner(IEnumerable<NodeProto> nodes) => nodes.SelectMany(node => node.Attribute).SelectMany(attribute => attribute.Graphs.Prepend(attribute.G))
        .Where(graph => graph is not null).SelectMany(graph => graph.Node.Concat(Inner(graph.Node)));
}
