using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>Brings a graph's nodes into an order in which each reads only what is made before it.</summary>
internal static class NodeOrder
{
    /// <summary>The nodes with their places in the file; those of a file in order stay as they are.</summary>
    /// <exception cref="SecateurException">Nodes read each other in a circle; the message names them.</exception>
    public static List<(int Index, NodeProto Node)> Of(GraphProto graph, string path)
    {
        var makers = new Dictionary<string, int>();
        foreach (var (index, node) in graph.Node.Index())
            foreach (var output in node.Output) makers.TryAdd(output, index);
        makers.Remove("");
        var needs = graph.Node.Select((node, index) => Reads(node).Where(makers.ContainsKey).Select(name => makers[name]).Distinct().ToArray()).ToArray();
        if (needs.Index().All(one => one.Item.All(need => need < one.Index))) return [.. graph.Node.Index()];
        var readers = needs.SelectMany((own, index) => own.Select(need => (need, index))).ToLookup(pair => pair.need, pair => pair.index);
        var waiting = Array.ConvertAll(needs, own => own.Length);
        var ready = new PriorityQueue<int, int>(waiting.Index().Where(one => one.Item == 0).Select(one => (one.Index, one.Index)));
        List<(int, NodeProto)> order = [];
        while (ready.TryDequeue(out var index, out _))
        {
            order.Add((index, graph.Node[index]));
            foreach (var reader in readers[index])
                if (--waiting[reader] == 0) ready.Enqueue(reader, reader);
        }
        return order.Count == graph.Node.Count ? order
            : throw new SecateurException($"{path}: nodes read each other in a circle: {string.Join(", ", Circle(graph, needs, waiting))}; export the model again");
    }

    /// <summary>What a node reads, also inside of its subgraphs; names that are made there among them, if they are made outside too.</summary>
    private static IEnumerable<string> Reads(NodeProto node) => node.Input.Concat(node.Attribute.SelectMany(attribute => attribute.Graphs.Prepend(attribute.G))
        .Where(graph => graph is not null)
        .SelectMany(graph => graph.Node.SelectMany(Reads).Concat(graph.Output.Select(output => output.Name)).Except(Scope.Names(graph))));

    /// <summary>From any node that waits for ever, back along what it waits for until a node comes again.</summary>
    private static IEnumerable<string> Circle(GraphProto graph, int[][] needs, int[] waiting)
    {
        List<int> way = [];
        HashSet<int> seen = [];
        var at = Array.FindIndex(waiting, count => count > 0);
        for (; seen.Add(at); at = needs[at].First(need => waiting[need] > 0)) way.Add(at);
        way.Reverse(); // each reads the one before it
        var circle = way[..(way.IndexOf(at) + 1)];
        var first = circle.IndexOf(circle.Min());
        circle = [.. circle[first..], .. circle[..first]];
        return circle.Take(8).Select(index => $"'{(graph.Node[index].Name is { Length: > 0 } name ? name : $"{graph.Node[index].OpType}_{index}")}'")
            .Concat(circle.Count > 8 ? [$"and {circle.Count - 8} more"] : []);
    }
}
