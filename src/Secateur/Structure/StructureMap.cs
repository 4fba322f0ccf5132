using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>Sizes of the inputs that a graph leaves open, and what they make of all shapes.</summary>
internal sealed record Setting(Shapes Shapes, SizeArithmetic Sizes);

/// <summary>Units of a network that can be removed: which axes they are on, and what must follow where they go.</summary>
public sealed class StructureMap : IDisposable
{
    private readonly DisposeScope scope;
    private readonly Ties ties;
    private readonly Dictionary<string, Extent[]> shapesOf = [];

    private StructureMap(Network network, Network learned, DisposeScope scope, ImmutableArray<Setting> settings, Ties ties)
    {
        (Network, Learned, this.scope, Settings, this.ties) = (network, learned, scope, settings, ties);
        foreach (var (axis, extent) in ties.Extents)
        {
            if (!shapesOf.TryGetValue(axis.Tensor, out var all)) shapesOf[axis.Tensor] = all = new Extent[settings[0].Shapes[axis.Tensor].Length];
            all[axis.Index] = extent;
        }
    }

    /// <summary>Looks at all nodes. The map sees the model as it is; a model is not changed by it.</summary>
    /// <param name="network">Of the model; it must live as long as the map.</param>
    /// <param name="inputs">Shapes of inputs that the file leaves open, by name; usual sizes where none are given.</param>
    public static StructureMap Of(Network network, IReadOnlyDictionary<string, long[]>? inputs = null) => Of(network, inputs, network);

    /// <summary>The same for a model whose weights are integers.</summary>
    /// <param name="network">Of the model; it must live as long as the map.</param>
    /// <param name="inputs">As above.</param>
    /// <param name="learned">Of what <see cref="Dequantized"/> makes of the model; it must live as long, too.</param>
    internal static StructureMap Of(Network network, IReadOnlyDictionary<string, long[]>? inputs, Network learned)
    {
        var scope = NewDisposeScope();
        try
        {
            var settings = SettingsOf(network, inputs);
            var shapes = settings[0].Shapes;
            var ties = new Ties(shapes, network.Graph);
            foreach (var node in network.Graph.Nodes) ties.Hear(node, Operator.For(node, network.Model.Path));
            foreach (var (name, constant) in network.Graph.Constants)
                if (!constant.CanSlice()) ties.BlockEdge(name, $"it is an axis of '{name}', whose elements are packed");
            foreach (var input in network.Graph.Inputs) ties.BlockEdge(input.Name, $"it is an axis of the model's input '{input.Name}'");
            foreach (var output in network.Graph.Outputs) ties.BlockEdge(output.Name, $"it is an axis of the model's output '{output.Name}'");
            HoldReadSizes(network.Graph, settings[0].Sizes, ties);
            var map = new StructureMap(network, learned, scope, settings, ties);
            map.HoldUnmendable();
            map.Groups = Group.Of(map);
            return map;
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    public Network Network { get; }

    /// <summary>The network whose weights are scored and masked: the same, or where they are integers another with the numbers that these stand for, under the same names.</summary>
    internal Network Learned { get; }

    /// <summary>Every dimension that a weight has, in the graph's order, those among them that must stay whole.</summary>
    public ImmutableArray<Group> Groups { get; private set; } = [];

    internal ImmutableArray<Setting> Settings { get; }

    internal IReadOnlyList<Contraction> Contractions => ties.Contractions;

    internal Roles RolesOf(Dimension dimension) => ties.RolesOf(dimension);

    internal Extent Named(Node node, string name) => ties.Named(node, name);

    /// <summary>What the axes of a value are made of; null for one that no node speaks of.</summary>
    internal Extent[]? ExtentsOf(string name) => shapesOf.GetValueOrDefault(name);

    public void Dispose() => scope.Dispose();

    /// <summary>One with the batch and open sizes as they are usual; one with others, to see which sizes the data decides.</summary>
    internal static ImmutableArray<Setting> SettingsOf(Network network, IReadOnlyDictionary<string, long[]>? inputs)
    {
        var usual = Shapes.Of(network, 1, inputs, 64, 16); // small, so that a look at a large network is quick
        List<Shapes> all = [usual];
        if (network.Graph.Inputs.Any(input => input.Shape.Any(size => size is null)))
        {
            try
            {
                all.Add(Shapes.Of(network, 3, inputs?.ToDictionary(pair => pair.Key, pair => Other(network, pair.Key, pair.Value)), 96, 64, 16));
            }
            catch (SecateurException)
            {
                // it runs on one batch only: then that is the one that it will see
            }
        }
        ImmutableArray<Setting> settings = [.. all.Select(shapes => new Setting(shapes, SizeArithmetic.Of(network, name => shapes.Has(name) ? [.. shapes[name]] : null)))];
        usual.Learn(name => settings[0].Sizes.Integers(name) is { } numbers && settings.All(setting => setting.Sizes.Integers(name)?.SequenceEqual(numbers) == true) ? numbers : null);
        return settings;
    }

    /// <summary>A size that leaves the graph, or that a graph inside a node sees, must be what it was.</summary>
    private static void HoldReadSizes(Graph graph, SizeArithmetic sizes, Ties ties)
    {
        foreach (var output in graph.Outputs) Hold(output.Name, $"its size is in the model's output '{output.Name}'");
        foreach (var node in graph.Nodes)
            foreach (var name in node.Captured) Hold(name, $"its size is read by the graphs of node '{node.Name}' ({node.OpType})");

        void Hold(string name, string why)
        {
            foreach (var source in sizes.Sources(name)) ties.BlockEdge(source, why);
        }
    }

    private static long[] Other(Network network, string name, long[] shape) =>
        network.Graph.Inputs.First(input => input.Name == name).Shape is [null, ..] && shape.Length > 0 ? [shape[0] + 2, .. shape[1..]] : shape;

    /// <summary>Tries a removal of some units of everything; what a node cannot follow is held, with the node's reason.</summary>
    private void HoldUnmendable()
    {
        foreach (var share in (double[])[0, 0.5])
        {
            while (true)
            {
                var kept = FreeDimensions().ToDictionary(dimension => dimension, dimension => Some(dimension.Size, share));
                var faults = new Removal(this, kept).Faults();
                if (faults.Count == 0) break;
                foreach (var (dimension, pin) in faults) dimension.Hold(pin);
            }
        }

        static bool[] Some(long size, double share)
        {
            var left = Math.Max(1, Math.Min(size - 1, (long)Math.Ceiling(size * (1 - share))));
            return [.. Enumerable.Range(0, (int)size).Select(unit => unit < left)];
        }
    }

    /// <summary>The dimensions of constants that may shrink.</summary>
    internal IEnumerable<Dimension> FreeDimensions() => Network.Graph.Constants.Keys.Select(ExtentsOf).Where(extents => extents is not null)
        .SelectMany(extents => extents!).SelectMany(extent => extent.Leaves).Where(leaf => leaf.Pin is null && leaf.Size > 1).Distinct();
}
