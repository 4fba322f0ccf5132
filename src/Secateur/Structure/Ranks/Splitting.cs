using Google.Protobuf.Collections;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static TorchSharp.torch;

namespace Secateur.Structure.Ranks;

/// <summary>Writes layers as two: the first to as many channels as the rank, the second from them to what there was.</summary>
internal static class Splitting
{
    /// <param name="source">Not changed.</param>
    /// <param name="factors">By layer, [out, rank] and [rank, in].</param>
    public static OnnxModel Apply(OnnxModel source, IReadOnlyDictionary<Factorable, (Tensor Up, Tensor Down)> factors)
    {
        using var scope = NewDisposeScope();
        var model = new OnnxModel(source.Proto.Clone(), source.Path);
        if (factors.Count == 0) return model;
        var surgery = new Surgery(model);
        var nodes = model.Graph.Nodes.GroupBy(node => node.Outputs[0]).ToDictionary(group => group.Key, group => group.First());
        foreach (var (layer, (up, down)) in factors) Split(model.Proto.Graph, surgery, nodes[layer.Node.Outputs[0]], layer, up, down);
        Leftovers.Drop(model.Proto.Graph, factors.Keys.Select(layer => layer.Weight.Name).ToHashSet());
        return model.Reread();
    }

    private static void Split(GraphProto graph, Surgery surgery, Node node, Factorable layer, Tensor up, Tensor down)
    {
        var (rank, weight) = (down.shape[0], layer.Weight);
        var (first, second) = node.OpType switch
        {
            "Conv" => (down.reshape([rank, .. weight.Shape.Skip(1)]), up.reshape([layer.Outputs, rank, .. weight.Shape.Skip(2).Select(_ => 1L)])),
            "Gemm" when node.Flag("transB") => (down, up),
            _ => (down.t(), up.t()), // [in, rank], [rank, out]
        };
        var between = surgery.Before(node, node.OpType, node.Proto.Input[0], Factor("down", first));
        var before = graph.Node[graph.Node.IndexOf(node.Proto) - 1].Attribute;
        node.Proto.Input[0] = between;
        node.Proto.Input[1] = Factor("up", second);
        if (node.OpType == "Conv") Move(node.Proto.Attribute, before, _ => true);
        else
        {
            Move(node.Proto.Attribute, before, name => name == "transA");
            before.Add(node.Proto.Attribute.Where(attribute => attribute.Name == "transB").Select(attribute => attribute.Clone()));
        }

        // of the weight's type, and cast as it is
        string Factor(string name, Tensor value)
        {
            var made = surgery.Constant($"{weight.Name}/{name}", value, like: weight.Name);
            foreach (var cast in weight.Between)
            {
                made = surgery.Before(node, cast.OpType, made);
                graph.Node[graph.Node.IndexOf(node.Proto) - 1].Attribute.Add(cast.Proto.Attribute.Select(attribute => attribute.Clone()));
            }
            return made;
        }
    }

    private static void Move(RepeatedField<AttributeProto> from, RepeatedField<AttributeProto> to, Func<string, bool> which)
    {
        foreach (var attribute in from.Where(attribute => which(attribute.Name)).ToArray())
        {
            from.Remove(attribute);
            to.Add(attribute);
        }
    }
}
