using System.Collections.Immutable;
using Secateur.Onnx;

namespace Secateur.Structure.Embedding;

/// <summary>What a node does with a stream.</summary>
internal enum Part
{
    /// <summary>A product, a table or a fixed value that comes in.</summary>
    Writes,

    /// <summary>A product with a fixed weight that comes out; it may write too.</summary>
    Reads,

    /// <summary>A sum of several, or several one behind the other: from here on other directions may be the principal ones.</summary>
    Joins,

    /// <summary>Adds a fixed value.</summary>
    Shifts,

    /// <summary>Multiplies by, or divides by, a fixed value.</summary>
    Scales,

    /// <summary>One of the nodes of a normalization.</summary>
    Normalizes,

    /// <summary>Touches other axes only; see <see cref="Passing"/>.</summary>
    Passes,

    /// <summary>Asks for its shape.</summary>
    Measures,
}

/// <summary>Directions that values are told in: of one value and all that is moved, summed and normalized from it without another being the better choice.</summary>
/// <param name="Value">Whose principal components they are, by name.</param>
/// <param name="Axis">Of its features.</param>
/// <param name="Centred">Whether its mean over the features is left out, since all that reads it takes it off.</param>
internal sealed record Space(string Value, int Axis, bool Centred);

/// <summary>A residual stream: all values of one width that can be turned together.</summary>
internal sealed class ResidualStream
{
    private readonly GraphView view;
    private readonly IReadOnlyDictionary<Node, Normalization> normalizations;
    private readonly Dictionary<string, string> keys = [];           // by value: the value that its space is of
    private readonly Dictionary<string, Space> spaces = [];          // by such a value
    private readonly Dictionary<string, ImmutableArray<Node>> later = []; // by value on its way into a sum: what scales it there
    private readonly HashSet<string> scaled = [];                    // told in a space up to a scale and a shift of its features

    /// <param name="view">Of the graph.</param>
    /// <param name="normalizations">Of the graph.</param>
    /// <param name="width">Of the features.</param>
    /// <param name="axes">By value, the axis of the features.</param>
    /// <param name="parts">By node.</param>
    public ResidualStream(GraphView view, IReadOnlyDictionary<Node, Normalization> normalizations, long width, IReadOnlyDictionary<string, int> axes, IReadOnlyDictionary<Node, Part> parts)
    {
        (this.view, this.normalizations, Width, Axes) = (view, normalizations, width, axes);
        Parts = parts.ToDictionary();
        Nodes = [.. view.Network.Graph.Nodes.Where(parts.ContainsKey)];
        foreach (var node in Nodes) Place(node);
        foreach (var key in keys.Values.Distinct().ToArray()) SpaceOf(key);
    }

    public long Width { get; }

    /// <summary>By value, the axis of the features.</summary>
    public IReadOnlyDictionary<string, int> Axes { get; }

    /// <summary>In the graph's order.</summary>
    public ImmutableArray<Node> Nodes { get; }

    public Dictionary<Node, Part> Parts { get; }

    public IEnumerable<Space> Spaces => spaces.Values.Distinct();

    public Normalization NormalizationOf(Node node) => normalizations[node];

    /// <summary>The directions that a value is told in.</summary>
    public Space this[string value] => SpaceOf(keys[value]);

    /// <summary>Whether a normalization needs its input in directions of its own: the input is scaled, has a mean that others need, or comes from outside.</summary>
    public bool StandsAlone(Normalization norm) => keys[norm.Output] == norm.Output;

    /// <summary>What scales a value between it and the sum in whose space it is told.</summary>
    public ImmutableArray<Node> ScaledLater(string value) => later.GetValueOrDefault(value, []);

    /// <summary>Whether a value goes into one sum and nothing else, and is told in the sum's space.</summary>
    public bool IsAbsorbed(string value) => later.ContainsKey(value);

    /// <summary>The operand of a node beside a fixed one.</summary>
    public static int Operand(GraphView view, Node node) => view.IsFixed(node.Inputs[0]) ? 1 : 0;

    private void Place(Node node)
    {
        var made = node.Outputs.Where(Axes.ContainsKey).ToArray();
        if (made.Length == 0 || keys.ContainsKey(made[0])) return;
        switch (Parts[node])
        {
            case Part.Writes or Part.Reads or Part.Joins:
                if (Absorbed(made[0]) is not { } join) foreach (var value in made) keys[value] = value;
                else keys[made[0]] = join;
                break;
            case Part.Normalizes when normalizations[node] is var norm && made[0] == norm.Output:
                var shares = Axes.ContainsKey(norm.Input) && !scaled.Contains(norm.Input) && (!norm.Centres || SpaceOf(keys[norm.Input]).Centred);
                keys[norm.Output] = shares ? keys[norm.Input] : norm.Output;
                scaled.Add(norm.Output);
                break;
            case Part.Shifts when scaled.Contains(node.Inputs[Operand(view, node)]) && !IsVector(node.Inputs[1 - Operand(view, node)]):
                Parts[node] = Part.Joins; // what it adds is not the same everywhere
                Place(node);
                break;
            case Part.Shifts or Part.Scales or Part.Passes:
                var operand = Parts[node] == Part.Passes ? 0 : Operand(view, node);
                foreach (var value in made) keys[value] = keys[node.Inputs[operand]];
                if (scaled.Contains(node.Inputs[operand]) || Parts[node] == Part.Scales && !IsNumber(node) && !IsAbsorbed(node.Inputs[operand])) scaled.UnionWith(made);
                break;
        }
    }

    /// <summary>The sum that a value goes into, and nowhere else; on the way there it may be moved, shifted, scaled.</summary>
    private string? Absorbed(string value)
    {
        List<(string Value, Node? Scale)> way = [(value, null)];
        while (true)
        {
            var last = way[^1].Value;
            if (view.Flow.Leaving.Contains(last) || view.Flow.Readers(last).Where(node => Parts.GetValueOrDefault(node) != Part.Measures).ToArray() is not [var reader]) return null;
            if (Parts[reader] == Part.Joins)
            {
                if (way.Any(one => one.Scale is not null) && view.Flow.Maker(value) is { } maker && Parts[maker] == Part.Joins) return null; // it would have to scale all that it sums
                List<Node> scales = [];
                foreach (var (name, scale) in Enumerable.Reverse(way))
                {
                    later[name] = [.. scales];
                    if (scale is not null) scales.Add(scale);
                }
                return reader.Outputs[0];
            }
            if (Parts[reader] is not (Part.Shifts or Part.Scales or Part.Passes) || reader.Outputs.Count(Axes.ContainsKey) != 1) return null;
            way.Add((reader.Outputs.First(Axes.ContainsKey), Parts[reader] == Part.Scales && !IsNumber(reader) ? reader : null));
        }
    }

    private Space SpaceOf(string key)
    {
        if (spaces.TryGetValue(key, out var known)) return known;
        if (view.Flow.Maker(key) is { } maker && Parts[maker] == Part.Normalizes) // one of its own
            return spaces[key] = new(normalizations[maker].Input, view.Rank(normalizations[maker].Input) - 1, normalizations[maker].Centres);
        if (Absorbed(key) is { } sum) return spaces[key] = SpaceOf(sum); // such as the first sum of two
        var read = Settled(key);
        return spaces[key] = new(read, Axes[read], Tolerates(key));
    }

    /// <summary>The value that is read in the end, where nothing but it is made of another: a bias and what picks positions count.</summary>
    private string Settled(string value)
    {
        while (!view.Flow.Leaving.Contains(value) && view.Flow.Readers(value).Where(node => Parts[node] != Part.Measures).ToArray() is [var reader]
            && (Parts[reader] is Part.Shifts or Part.Passes || Parts[reader] == Part.Scales && IsNumber(reader)) && reader.Outputs.Count(Axes.ContainsKey) == 1)
            value = reader.Outputs.First(Axes.ContainsKey);
        return value;
    }

    /// <summary>Whether nothing that reads a value needs its mean over the features.</summary>
    private bool Tolerates(string value) => !view.Flow.Leaving.Contains(value) && view.Flow.Readers(value).All(node => Parts[node] switch
    {
        Part.Measures => true,
        Part.Normalizes => normalizations[node].Centres,
        Part.Passes or Part.Shifts => node.Outputs.Where(Axes.ContainsKey).All(Tolerates),
        Part.Scales => IsNumber(node) && Tolerates(node.Outputs[0]),
        Part.Joins => SpaceOf(node.Outputs[0]).Centred,
        _ => false,
    });

    private bool IsNumber(Node node) => view.Elements(node.Inputs[1 - Operand(view, node)]) == 1;

    private bool IsVector(string name) => view.Elements(name) is 1 || view.Elements(name) == Width;
}
