using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>The residual branches of a network and its layers of one shape, and what is left of the graph without some of them.</summary>
public sealed class Branches
{
    private const int LongestSkip = 8; // nodes of its own, such as a convolution and its normalization

    private readonly Network network;
    private readonly ImmutableArray<Setting> settings;
    private readonly Flow flow;
    private readonly HashSet<Node> dense;
    private readonly Dictionary<Node, string> skips = []; // of the Adds found so far
    private readonly HashSet<Node> inside = []; // nodes on the way past a skip

    private Branches(Network network, ImmutableArray<Setting> settings)
    {
        (this.network, this.settings, flow) = (network, settings, new Flow(network.Graph));
        dense = flow.Needed(new Dictionary<Node, int>());
        HashSet<string> names = [];
        var weights = network.Weights.Select(weight => weight.Name).ToHashSet();
        Branch[] residual = [.. network.Graph.Nodes.Where(node => node is { OpType: "Add" or "Sum", Domain: "", Inputs: [not "", not ""] }).Select(add => Find(add, weights, names)).OfType<Branch>()];
        All = [.. residual.Concat(new SequentialLayers(network, settings, flow).Find(inside, names)).OrderBy(branch => network.Graph.Nodes.IndexOf(branch.Path[^1].Node))];
    }

    /// <summary>In the graph's order, those among them that must stay.</summary>
    public ImmutableArray<Branch> All { get; }

    public Network Network => network;

    /// <summary>Looks at all sums.</summary>
    /// <param name="network">It must live as long.</param>
    /// <param name="inputs">Shapes of inputs that the file leaves open, by name; usual sizes where none are given.</param>
    public static Branches Of(Network network, IReadOnlyDictionary<string, long[]>? inputs = null)
    {
        using var scope = NewDisposeScope();
        return new(network, StructureMap.SettingsOf(network, inputs));
    }

    /// <summary>Looks at all sums, in the shapes that a map has seen.</summary>
    internal static Branches Of(StructureMap map) => new(map.Network, map.Settings);

    /// <summary>From now on the network runs as if a branch were gone; one inside another may be left out too.</summary>
    internal void Leave(Branch branch)
    {
        foreach (var (node, place) in branch.Path) network.Shortcuts[node] = place;
    }

    /// <summary>Undoes <see cref="Leave"/>.</summary>
    internal void TakeBack(Branch branch)
    {
        foreach (var (node, _) in branch.Path) network.Shortcuts.Remove(node);
    }

    /// <summary>The nodes that run no more.</summary>
    /// <param name="gone">Branches of these; one inside another may be among them.</param>
    public IReadOnlySet<Node> Idle(IReadOnlyCollection<Branch> gone)
    {
        var needed = Needed(gone);
        needed.ExceptWith(gone.SelectMany(branch => branch.Path).Select(step => step.Node));
        return dense.Where(node => !needed.Contains(node)).ToHashSet();
    }

    /// <summary>The constants that only such nodes read.</summary>
    public IReadOnlySet<string> IdleConstants(IReadOnlySet<Node> idle)
    {
        var read = dense.Where(node => !idle.Contains(node)).SelectMany(flow.Constants).ToHashSet();
        return idle.SelectMany(flow.Constants).Where(name => !read.Contains(name) && !flow.Leaving.Contains(name)).ToHashSet();
    }

    /// <summary>The nodes whose results are needed, those that only hand on what they read among them.</summary>
    internal HashSet<Node> Needed(IEnumerable<Branch> gone) => flow.Needed(gone.SelectMany(branch => branch.Path).ToDictionary(step => step.Node, step => step.Place));

    private Branch? Find(Node add, HashSet<string> weights, HashSet<string> names)
    {
        if (add.Inputs.Any(name => flow.Maker(name) is null && !network.Graph.Inputs.Any(input => input.Name == name)) || add.Inputs[0] == add.Inputs[1]) return null;
        if (!settings.All(setting => add.Inputs.All(name => setting.Shapes.Has(name) && setting.Shapes[name].SequenceEqual(setting.Shapes[add.Outputs[0]])))) return null;
        var (first, second) = (Between(add.Inputs[0], add.Inputs[1]), Between(add.Inputs[1], add.Inputs[0]));
        if (first == second) return null; // two paths alike: neither is the way past the other
        var input = first < second ? 1 : 0;
        var nodes = flow.OnlyFor(add.Inputs[input], add);
        ImmutableArray<string> own = [.. nodes.SelectMany(flow.Constants).Where(name => weights.Contains(name) && flow.Readers(name).All(nodes.Contains)).Distinct()];
        if (own.Length == 0) own = Shared(add.Inputs[input], add.Inputs[1 - input], weights);
        if (own.Length == 0) return null;
        skips[add] = add.Inputs[1 - input];
        inside.UnionWith(flow.Upstream(add.Inputs[input]).Except(flow.Upstream(add.Inputs[1 - input])).Select(flow.Maker).OfType<Node>());
        var gate = new Gate(network, settings[0], flow, nodes.ToHashSet()).Of(add.Inputs[input]);
        var name = names.Add(own[0]) ? own[0] : add.Name;
        return new(name, [(add, 1 - input)], nodes, own, gate.Constants, gate.Fault is { } fault ? $"held by {fault}" : null);
    }

    /// <summary>The weights on the way to a branch that others read too.</summary>
    private ImmutableArray<string> Shared(string branch, string skip, HashSet<string> weights)
    {
        var past = flow.Upstream(skip);
        return [.. flow.Upstream(branch).Where(name => !past.Contains(name)).Select(flow.Maker).OfType<Node>().Distinct()
            .OrderBy(network.Graph.Nodes.IndexOf).SelectMany(flow.Constants).Where(weights.Contains).Distinct()];
    }

    /// <summary>The nodes on the way back from a value to one that the other is computed from too; more than any number where it is too far.</summary>
    private int Between(string skip, string branch)
    {
        var (ancestors, nodes, met) = (flow.Upstream(branch), 0, false);
        HashSet<string> seen = [skip];
        Stack<string> open = new([skip]);
        while (open.TryPop(out var value))
        {
            if (ancestors.Contains(value))
            {
                met |= settings[0].Shapes.Has(value) && is_floating_point(settings[0].Shapes.TypeOf(value)) && !network.Constants.ContainsKey(value);
                continue;
            }
            if (network.Constants.ContainsKey(value)) continue;
            if (flow.Maker(value) is not { } node) return int.MaxValue;
            var back = skips.TryGetValue(node, out var past) ? [past] : Flow.Read(node).ToArray(); // around a branch, not through it
            if (!skips.ContainsKey(node) && ++nodes > LongestSkip) return int.MaxValue;
            foreach (var input in back)
                if (seen.Add(input)) open.Push(input);
        }
        return met ? nodes : int.MaxValue;
    }
}
