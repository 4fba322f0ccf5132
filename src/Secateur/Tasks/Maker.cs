using Secateur.Onnx;

namespace Secateur.Tasks;

/// <summary>The node whose numbers an output holds: what only moves values, or adds a constant to them, is looked through.</summary>
/// <param name="Node">The first that computes.</param>
/// <param name="Moved">Whether axes may have changed between it and the output.</param>
internal sealed record Maker(Node Node, bool Moved)
{
    private static readonly string[] Passing = ["Identity", "Cast", "Dropout", "QuantizeLinear", "DequantizeLinear"];
    private static readonly string[] Moving = ["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Split", "Slice", "Gather", "Resize", "Upsample", "Concat"];
    private static readonly string[] Shifting = ["Add", "Sub", "Mul", "Div"];

    // what ends in these gives scores of classes, unless its task says otherwise
    private static readonly string[] Scoring =
    [
        "Gemm", "MatMul", "Conv", "ConvTranspose", "Einsum", "GlobalAveragePool", "AveragePool", "ReduceMean", "MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv",
        "FusedConv", "FusedMatMul", "FusedGemm", "MatMulNBits",
    ];

    public bool GivesScores => Scoring.Contains(Node.OpType);

    /// <summary>The axis of a softmax, counted from the front or, where negative, from the back; null where it cannot be told.</summary>
    public int? ClassAxis => Moved || Node.Int("axis", Node.Opset < 13 ? 1 : -1) is < 0 ? null : (int)Node.Int("axis", 1);

    public static Maker? Of(Graph graph, string output)
    {
        var makers = graph.Nodes.SelectMany(node => node.Outputs.Where(name => name.Length > 0).Select(name => (name, node)))
            .ToDictionary(pair => pair.name, pair => pair.node);
        var moved = false;
        for (var value = output; makers.TryGetValue(value, out var node);)
        {
            if (Passing.Contains(node.OpType)) value = node.Inputs[0];
            else if (Moving.Contains(node.OpType)) (value, moved) = (node.Inputs[0], true);
            else if (Shifting.Contains(node.OpType) && node.Inputs.Count(graph.Constants.ContainsKey) == 1)
                value = node.Inputs.First(name => !graph.Constants.ContainsKey(name));
            else return new(node, moved);
        }
        return null;
    }
}
