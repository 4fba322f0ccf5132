using Secateur.Onnx.Proto;

namespace Secateur.Structure;

/// <summary>Takes constants out of a graph that nothing reads any more.</summary>
internal static class Leftovers
{
    /// <param name="graph">Changed in place.</param>
    /// <param name="names">Of its initializers and of what its <c>Constant</c> nodes hold.</param>
    public static void Drop(GraphProto graph, IReadOnlySet<string> names)
    {
        foreach (var tensor in graph.Initializer.Where(tensor => names.Contains(tensor.Name)).ToArray()) graph.Initializer.Remove(tensor);
        foreach (var tensor in graph.SparseInitializer.Where(tensor => names.Contains(tensor.Values.Name)).ToArray()) graph.SparseInitializer.Remove(tensor);
        foreach (var input in graph.Input.Where(input => names.Contains(input.Name)).ToArray()) graph.Input.Remove(input); // an initializer declared as one
        var held = names.ToHashSet();
        foreach (var node in graph.Node.ToArray())
        {
            if (node.OpType is "Identity" or "Cast" && held.Contains(node.Input[0])) held.UnionWith(node.Output); // the constant by another name or type
            else if (node.OpType != "Constant" || !node.Output.All(held.Contains)) continue;
            graph.Node.Remove(node);
        }
    }
}
