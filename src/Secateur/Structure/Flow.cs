using System.Collections.Immutable;
using Secateur.Onnx;

namespace Secateur.Structure;

/// <summary>Who makes and who reads a value among a graph's own nodes; a node that holds graphs reads what these capture.</summary>
internal sealed class Flow
{
    private readonly Dictionary<string, Node> makers = [];
    private readonly Dictionary<string, List<Node>> readers = [];
    private readonly Graph graph;

    public Flow(Graph graph)
    {
        this.graph = graph;
        Leaving = graph.Outputs.Select(output => output.Name).ToHashSet();
        foreach (var node in graph.Nodes)
        {
            foreach (var output in node.Outputs.Where(name => name.Length > 0)) makers[output] = node;
            foreach (var input in Read(node))
            {
                if (!readers.TryGetValue(input, out var all)) readers[input] = all = [];
                all.Add(node);
            }
        }
    }

    /// <summary>The values that leave the graph.</summary>
    public IReadOnlySet<string> Leaving { get; }

    /// <summary>Null for what enters the graph or is constant.</summary>
    public Node? Maker(string value) => makers.GetValueOrDefault(value);

    public IReadOnlyList<Node> Readers(string value) => readers.GetValueOrDefault(value, []);

    /// <summary>What a node reads, by name, each once.</summary>
    public static IEnumerable<string> Read(Node node) => node.Inputs.Where(name => name.Length > 0).Concat(node.Captured).Distinct();

    /// <summary>All constants that a node needs, those inside its graphs among them.</summary>
    public IEnumerable<string> Constants(Node node) =>
        Read(node).Concat(node.Subgraphs.SelectMany(inner => inner.AllNodes).SelectMany(inner => inner.Inputs)).Where(graph.Constants.ContainsKey).Distinct();

    /// <summary>A value and all that it is computed from.</summary>
    public HashSet<string> Upstream(string value)
    {
        HashSet<string> seen = [value];
        Stack<string> open = new([value]);
        while (open.TryPop(out var name))
            if (Maker(name) is { } node)
                foreach (var input in Read(node))
                    if (seen.Add(input)) open.Push(input);
        return seen;
    }

    /// <summary>The nodes that nothing needs but one reading of a value, in the graph's order.</summary>
    /// <param name="value">What is read.</param>
    /// <param name="reader">By which node.</param>
    public ImmutableArray<Node> OnlyFor(string value, Node reader)
    {
        HashSet<Node> own = [];
        foreach (var node in graph.Nodes.Reverse())
        {
            var read = node.Outputs.Where(name => name.Length > 0).SelectMany(name => Readers(name).Select(by => (name, by))).ToArray();
            if (read.Length > 0 && !node.Outputs.Any(Leaving.Contains) && Array.TrueForAll(read, use => own.Contains(use.by) || use.by == reader && use.name == value)) own.Add(node);
        }
        return [.. graph.Nodes.Where(own.Contains)];
    }

    /// <summary>The nodes that the outputs need.</summary>
    /// <param name="shortcuts">Nodes that hand on one of their inputs instead of running, each with that input's place.</param>
    public HashSet<Node> Needed(IReadOnlyDictionary<Node, int> shortcuts)
    {
        HashSet<Node> needed = [];
        Stack<string> open = new(Leaving);
        while (open.TryPop(out var name))
        {
            if (Maker(name) is not { } node || !needed.Add(node)) continue;
            if (shortcuts.TryGetValue(node, out var place)) open.Push(node.Inputs[place]);
            else foreach (var input in Read(node)) open.Push(input);
        }
        return needed;
    }
}
