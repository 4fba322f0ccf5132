using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>The names that a graph sees while it is read: what it has made so far, and what the graphs around it had made before the node that holds it.</summary>
/// <remarks>
/// Graphs beside each other may use a name twice. Inside the model each value has a name of its own: the file's, or where another graph
/// has that already, the file's after the name of the node that holds the graph, as in <c>if_3/hidden</c>.
/// </remarks>
internal sealed class Scope
{
    private readonly Scope? outer;
    private readonly string holder;
    private readonly HashSet<string> taken;
    private readonly Dictionary<string, string> unique = [];
    private readonly HashSet<string> made = [];

    /// <param name="graph">Whose names are taken at once, so that no inner graph gets them.</param>
    /// <param name="outer">The scope around; null for the model's own graph.</param>
    /// <param name="holder">The name of the node that holds the graph.</param>
    public Scope(GraphProto graph, Scope? outer = null, string holder = "")
    {
        (this.outer, this.holder, taken) = (outer, holder, outer?.taken ?? []);
        foreach (var name in Names(graph))
            if (!unique.ContainsKey(name)) unique[name] = Take(name);
    }

    /// <summary>Every name that a graph gives to a value, in the order of the file; some twice.</summary>
    public static IEnumerable<string> Names(GraphProto graph) => graph.Initializer.Select(tensor => tensor.Name)
        .Concat(graph.SparseInitializer.Select(tensor => tensor.Values?.Name ?? ""))
        .Concat(graph.Input.Select(input => input.Name))
        .Concat(graph.Node.SelectMany(node => node.Output));

    /// <summary>A graph, and then those inside its nodes.</summary>
    public static IEnumerable<GraphProto> Graphs(GraphProto graph) =>
        graph.Node.SelectMany(node => node.Attribute).SelectMany(attribute => attribute.Graphs.Prepend(attribute.G)).Where(inner => inner is not null).SelectMany(Graphs).Prepend(graph);

    /// <summary>The model's name of a value that can be read here; null where there is none yet.</summary>
    public string? Find(string name) => made.Contains(name) ? unique[name] : outer?.Find(name);

    /// <summary>From now on the value can be read; gives the model's name of it, or null where the graph has made it already.</summary>
    public string? Make(string name) => made.Add(name) ? unique[name] : null;

    /// <summary>From now on the name reads another value of this model; false where the graph has made it already.</summary>
    public bool Alias(string name, string value)
    {
        if (!made.Add(name)) return false;
        unique[name] = value;
        return true;
    }

    private string Take(string name)
    {
        var free = name;
        for (var again = 1; !taken.Add(free); again++) free = again == 1 ? $"{holder}/{name}" : $"{holder}/{name}_{again}";
        return free;
    }
}
