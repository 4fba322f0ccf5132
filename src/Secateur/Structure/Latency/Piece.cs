using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;

namespace Secateur.Structure.Latency;

/// <summary>A stretch of a graph that is timed as one: a node that multiplies and the light ones after it, which ONNX Runtime may fuse into it.</summary>
/// <remarks>A light node goes with the last of the pieces that it reads from; those before the first node that multiplies are one piece.</remarks>
/// <param name="Main">The node that multiplies; of the piece before all such ones its first.</param>
/// <param name="Nodes">In an order in which they can be run.</param>
/// <param name="Inputs">Values of other pieces that they read.</param>
/// <param name="Outputs">Values that others read, or that leave the graph; of a piece that nobody reads its last ones.</param>
internal sealed record Piece(Node Main, ImmutableArray<Node> Nodes, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs)
{
    /// <summary>Every value and constant whose shape it knows.</summary>
    public IEnumerable<string> Values => Nodes.SelectMany(node => node.Inputs.Concat(node.Outputs)).Where(name => name.Length > 0).Distinct();

    /// <param name="model">Its graphs inside nodes are left whole.</param>
    /// <param name="shapes">As seen in a run.</param>
    public static ImmutableArray<Piece> Of(OnnxModel model, Shapes shapes)
    {
        var graph = model.Graph;
        HashSet<string> fixedValues = [.. graph.Constants.Keys];
        List<List<Node>> pieces = [[]];
        List<Node> folded = []; // what ONNX Runtime computes once
        Dictionary<string, int> placeOf = [];
        foreach (var node in graph.Nodes)
        {
            if (IsFixed(node, fixedValues))
            {
                folded.Add(node);
                fixedValues.UnionWith(node.Outputs);
                continue;
            }
            var place = node.Inputs.Concat(node.Captured).Max(name => placeOf.GetValueOrDefault(name));
            if (Operator.For(node, model.Path).Macs(node, shapes) > 0 || node.Subgraphs.Any())
            {
                place = pieces.Count;
                pieces.Add([]);
            }
            pieces[place].Add(node);
            foreach (var output in node.Outputs) placeOf[output] = place;
        }
        HashSet<string> leaving = [.. graph.Outputs.Select(output => output.Name)];
        return [.. pieces.Where(nodes => nodes.Count > 0).Select(nodes => Make(nodes, folded, fixedValues, leaving, graph))];
    }

    private static bool IsFixed(Node node, HashSet<string> fixedValues) =>
        !node.Subgraphs.Any() && !node.OpType.StartsWith("Random", StringComparison.Ordinal) && node.Inputs.All(name => name.Length == 0 || fixedValues.Contains(name));

    private static Piece Make(List<Node> nodes, List<Node> folded, HashSet<string> fixedValues, HashSet<string> leaving, Graph graph)
    {
        HashSet<Node> inside = [.. nodes];
        HashSet<string> asked = [.. nodes.SelectMany(node => node.Inputs)];
        List<Node> all = [];
        foreach (var node in Enumerable.Reverse(folded))
        {
            if (!node.Outputs.Any(asked.Contains)) continue;
            asked.UnionWith(node.Inputs);
            all.Insert(0, node);
        }
        all.AddRange(nodes);
        HashSet<string> made = [.. all.SelectMany(node => node.Outputs)];
        string[] results = [.. nodes.SelectMany(node => node.Outputs).Where(name => name.Length > 0)];
        string[] outputs = [.. results.Where(name => leaving.Contains(name) || graph.Consumers.GetValueOrDefault(name, []).Any(reader => !inside.Contains(reader)))];
        return new(nodes[0], [.. all],
            [.. nodes.SelectMany(node => node.Inputs).Where(name => name.Length > 0 && !made.Contains(name) && !fixedValues.Contains(name)).Distinct()],
            [.. outputs.Length > 0 ? outputs : results.Where(name => !graph.Consumers.ContainsKey(name))]);
    }
}
