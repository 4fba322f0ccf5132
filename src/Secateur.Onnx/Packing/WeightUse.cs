using Secateur.Onnx.Proto;

namespace Secateur.Onnx.Packing;

/// <summary>The nodes that multiply by a constant.</summary>
/// <param name="Nodes">Each has it as its second input.</param>
/// <param name="IsTurned">Whether the outputs lie along its second axis.</param>
/// <param name="Objection">What else is done with it, which keeps it dense; else null, and Secateur's execution provider takes all the nodes.</param>
internal sealed record WeightUse(List<NodeProto> Nodes, bool IsTurned, string? Objection)
{
    /// <summary>By the name of the constant, of all that anything reads or that enter or leave the graph.</summary>
    public static Dictionary<string, WeightUse> Of(GraphProto graph, Dictionary<string, GraphConstant> constants)
    {
        Dictionary<string, WeightUse> uses = [];
        foreach (var input in graph.Input)
            if (!constants.TryGetValue(input.Name, out var constant) || !constant.Is(input)) Refuse(input.Name, "is an input, which a caller may replace");
        foreach (var output in graph.Output) Refuse(output.Name, "leaves the graph");
        foreach (var inner in Scope.Graphs(graph).Skip(1))
            foreach (var name in inner.Node.SelectMany(node => node.Input).Concat(inner.Output.Select(output => output.Name))) Refuse(name, "is read by a graph inside a node");
        foreach (var node in graph.Node)
            for (var i = 0; i < node.Input.Count; i++)
            {
                if (!constants.TryGetValue(node.Input[i], out var constant)) continue;
                if ((i == 1 && node.Input[0] != node.Input[1] && !constants.ContainsKey(node.Input[0]) ? Turned(node, constant.Tensor, constants) : null) is not { } turned)
                    Refuse(node.Input[i], $"is read by {node.OpType} '{(node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault())}', {(IsDepthwise(node, constant.Tensor) ? "which is depthwise" : "in a way that the provider does not take")}");
                else if (!uses.TryGetValue(node.Input[i], out var known)) uses[node.Input[i]] = new([node], turned, null);
                else if (known.IsTurned != turned) Refuse(node.Input[i], "is read turned by one node and not by another");
                else known.Nodes.Add(node);
            }
        return uses;

        void Refuse(string name, string objection)
        {
            if (!constants.ContainsKey(name)) return;
            if (!uses.TryGetValue(name, out var known)) uses[name] = new([], false, objection);
            else if (known.Objection is null) uses[name] = known with { Objection = objection };
        }
    }

    /// <summary>Null where the provider would not take the node.</summary>
    private static bool? Turned(NodeProto node, TensorProto weight, Dictionary<string, GraphConstant> constants) => (OnnxModel.Domain(node.Domain), node.OpType, weight.Dims.Count) switch
    {
        ("", "MatMul", 2) => true,
        ("", "Gemm", 2) or ("com.microsoft", "FusedGemm", 2) when Whole(node, "transA") == 0 && IsBias(node, weight.Dims[Whole(node, "transB") == 0 ? 1 : 0], constants) => Whole(node, "transB") == 0,
        ("com.microsoft", "FusedMatMul", 2) when Whole(node, "transA") + Whole(node, "transBatchA") + Whole(node, "transBatchB") == 0 => Whole(node, "transB") == 0,
        ("", "Conv", 3 or 4) or ("com.microsoft", "FusedConv", 3 or 4) when !IsDepthwise(node, weight) && IsBias(node, weight.Dims[0], constants) && !DependsOnSize(node) => false,
        _ => null,
    };

    /// <summary>Whether a third operand is absent, or one number for each output or for all.</summary>
    private static bool IsBias(NodeProto node, long outputs, Dictionary<string, GraphConstant> constants) => node.Input.Count < 3 || node.Input[2].Length == 0
        || (constants.TryGetValue(node.Input[2], out var bias) && (bias.Tensor.Count() == 1 || (bias.Tensor.Count() == outputs && bias.Tensor.Dims[^1] == outputs)));

    private static bool IsDepthwise(NodeProto node, TensorProto weight) => node.OpType is "Conv" or "FusedConv" && Whole(node, "group") > 1 && weight.Dims is [_, 1, ..];

    private static bool DependsOnSize(NodeProto node) => node.Attribute.FirstOrDefault(attribute => attribute.Name == "auto_pad")?.S.ToStringUtf8() is "SAME_UPPER" or "SAME_LOWER"
        && node.Attribute.FirstOrDefault(attribute => attribute.Name == "strides")?.Ints.Any(stride => stride != 1) == true;

    private static long Whole(NodeProto node, string attribute) => node.Attribute.FirstOrDefault(one => one.Name == attribute)?.I ?? 0;
}
