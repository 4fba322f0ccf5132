using Secateur.Onnx;
using Secateur.Onnx.Proto;

namespace Secateur.Structure.Embedding;

/// <summary>Writes sums that ONNX Runtime's optimizer fused with the normalization after them as two nodes again, which it fuses anew when it loads them.</summary>
internal static class Unfusing
{
    /// <param name="model">Not changed; given back where it has no such node.</param>
    public static OnnxModel Apply(OnnxModel model)
    {
        if (!model.Graph.Nodes.Any(IsFused)) return model;
        var made = new OnnxModel(model.Proto.Clone(), model.Path);
        var surgery = new Surgery(made);
        foreach (var node in made.Graph.Nodes.Where(IsFused)) Split(made.Proto.Graph, surgery, node);
        return made.Reread();
    }

    /// <summary>Inputs: two addends, scale, of a LayerNormalization its bias, and a bias of the sum; the fourth output is the sum.</summary>
    private static bool IsFused(Node node) => node is { Domain: "com.microsoft", OpType: "SkipLayerNormalization" or "SkipSimplifiedLayerNormalization" } && node.Outputs.Skip(1).Take(2).All(name => name.Length == 0);

    private static void Split(GraphProto graph, Surgery surgery, Node node)
    {
        var (proto, isSimple) = (node.Proto, node.OpType == "SkipSimplifiedLayerNormalization");
        var place = isSimple ? 3 : 4;
        var sum = proto.Output.Count > 3 && proto.Output[3].Length > 0 ? proto.Output[3] : surgery.Unused($"{node.Name}/sum");
        var both = surgery.Before(node, "Add", proto.Input[0], proto.Input[1]);
        if (node.HasInput(place)) both = surgery.Before(node, "Add", both, proto.Input[place]);
        graph.Node[graph.Node.IndexOf(proto) - 1].Output[0] = sum;
        string[] learned = [.. proto.Input.Skip(2).Take(isSimple || !node.HasInput(3) ? 1 : 2)];
        var made = new NodeProto { OpType = isSimple ? "SimplifiedLayerNormalization" : "LayerNormalization", Name = proto.Name };
        made.Input.AddRange([sum, .. learned]);
        made.Output.Add(proto.Output[0]);
        made.Attribute.Add(new AttributeProto { Name = "epsilon", Type = AttributeProto.Types.AttributeType.Float, F = node.Float("epsilon", isSimple ? 1e-6f : 1e-12f) });
        graph.Node[graph.Node.IndexOf(proto)] = made;
    }
}
