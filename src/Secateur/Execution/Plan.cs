using System.Collections.Immutable;
using Secateur.Onnx;
using Secateur.Operators;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>A node with the slots of its inputs and outputs, of those that nothing reads after it, and of all that it reads, by the graphs that it holds too; -1 is a value left out.</summary>
/// <param name="LaysOut">Whether all that it does is to lay out a learned constant for a step that follows at once.</param>
/// <param name="Masters">By input: to which type a learned constant is rounded when it is read; null where no input is.</param>
/// <param name="Leaving">By output: to which type what leaves the graph is rounded; null where no output is.</param>
internal sealed record Step(Node Node, Operator Operator, int[] Inputs, int[] Outputs, int[] Dead, int[] Reads, bool LaysOut, ScalarType?[]? Masters, ScalarType?[]? Leaving);

/// <summary>A graph's nodes in order, and the slots of the values that enter and leave it.</summary>
internal sealed record Course(int[] Inputs, ImmutableArray<Step> Steps, int[] Outputs);

/// <summary>How a model is run: every value of every graph, subgraphs among them, has a slot; each graph is a course over these slots.</summary>
internal sealed class Plan
{
    private readonly Dictionary<string, int> slots = [];
    private readonly Dictionary<Graph, Course> courses = [];

    private readonly IReadOnlySet<Node> folded, layouts;
    private readonly IReadOnlyDictionary<string, ScalarType> masters;
    private readonly Dictionary<string, ScalarType> leaving = [];

    /// <param name="model">The model.</param>
    /// <param name="folded">Nodes that are not run, because what they make is there.</param>
    /// <param name="layouts">Nodes that lay out learned constants: they are run where the first node needs them, not before.</param>
    /// <param name="masters">Learned constants that the file holds in fewer bits than they are held here: what nodes read of them.</param>
    /// <exception cref="SecateurException">An operator is not known.</exception>
    public Plan(OnnxModel model, IReadOnlySet<Node> folded, IReadOnlySet<Node> layouts, IReadOnlyDictionary<string, ScalarType> masters)
    {
        (this.folded, this.layouts, this.masters) = (folded, layouts, masters);
        foreach (var output in model.Graph.Outputs)
            if (Halves.Of(output.Type) is { } half) leaving[output.Name] = half;
        foreach (var name in model.Graph.Constants.Keys) slots.TryAdd(name, slots.Count);
        Add(model.Graph, model.Path);
    }

    /// <summary>Nodes that hand on one of their inputs, by its place, instead of being run.</summary>
    public Dictionary<Node, int> Shortcuts { get; } = [];

    /// <summary>The number of slots.</summary>
    public int Slots => slots.Count;

    /// <summary>The slot of a value by its name.</summary>
    public int this[string name] => slots[name];

    public Course Of(Graph graph) => courses[graph];

    private void Add(Graph graph, string path)
    {
        foreach (var name in graph.Inputs.Select(input => input.Name).Concat(graph.Nodes.SelectMany(node => node.Outputs)).Where(name => name.Length > 0))
            slots.TryAdd(name, slots.Count);
        foreach (var inner in graph.Nodes.SelectMany(node => node.Subgraphs)) Add(inner, path);
        // what comes from outside of the graph is not the graph's to free: a loop reads it again
        Node[] nodes = [.. Ordered(graph.Nodes.Where(node => !folded.Contains(node)))];
        var freed = nodes.SelectMany(node => node.Outputs).Where(name => name.Length > 0).Except(graph.Outputs.Select(output => output.Name)).ToHashSet();
        var steps = new Step[nodes.Length];
        for (var i = steps.Length - 1; i >= 0; i--)
        {
            var node = nodes[i];
            var dead = node.Inputs.Concat(node.Captured).Concat(node.Outputs).Where(freed.Remove).ToArray();
            steps[i] = new Step(node, Operator.For(node, path), Places(node.Inputs), Places(node.Outputs), Places(dead), Places(node.Inputs.Concat(node.Captured)), layouts.Contains(node),
                Types(node.Inputs, masters), Types(node.Outputs, leaving));
        }
        courses[graph] = new(Places(graph.Inputs.Select(input => input.Name)), [.. steps], Places(graph.Outputs.Select(output => output.Name)));
    }

    private List<Node> Ordered(IEnumerable<Node> nodes)
    {
        var waiting = new Dictionary<string, Node>();
        List<Node> ordered = [];
        foreach (var node in nodes)
        {
            if (layouts.Contains(node)) waiting[node.Outputs[0]] = node;
            else Put(node);
        }
        foreach (var node in waiting.Values.Distinct().ToArray())
            if (waiting.ContainsKey(node.Outputs[0])) Put(node);
        return ordered;

        void Put(Node node)
        {
            foreach (var name in node.Inputs.Concat(node.Captured))
                if (waiting.Remove(name, out var layout)) Put(layout);
            waiting.Remove(node.Outputs.FirstOrDefault(""));
            ordered.Add(node);
        }
    }

    private static ScalarType?[]? Types(ImmutableArray<string> names, IReadOnlyDictionary<string, ScalarType> known) =>
        names.Any(known.ContainsKey) ? [.. names.Select(name => known.TryGetValue(name, out var type) ? type : (ScalarType?)null)] : null;

    private int[] Places(IEnumerable<string> names) => [.. names.Select(name => name.Length == 0 ? -1 : slots[name])];
}
