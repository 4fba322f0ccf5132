using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;

namespace Secateur.Structure;

/// <summary>
/// Collects what the nodes of a graph say of their axes, and finds out what every axis is made of: dimensions, one after the other or
/// multiplied, of which one unit goes wherever the dimension stands. README.md beside this file shows how.
/// </summary>
/// <remarks>An axis of a node's inputs and outputs that its operator does not speak of may not shrink.</remarks>
public sealed class Ties(Shapes shapes, Graph graph)
{
    private readonly Dictionary<Axis, Extent> extents = [];
    private readonly Dictionary<Extent, Roles> roles = [];
    private readonly HashSet<Axis> told = [];
    private readonly List<Contraction> contractions = [];
    private readonly Dictionary<(Node, string), Extent> named = [];
    private Node? node;
    private string holds = "";
    private readonly Unification solver = new();
    private HashSet<string>? computed;

    private HashSet<string> Computed
    {
        get
        {
            if (computed is not null) return computed;
            computed = [];
            foreach (var one in graph.Nodes)
                if (one.Inputs.Length > 0 && one.Inputs.All(name => name.Length == 0 || IsConstant(name))) computed.UnionWith(one.Outputs);
            return computed;
        }
    }

    internal IReadOnlyList<Contraction> Contractions => contractions;

    internal IEnumerable<KeyValuePair<Axis, Extent>> Extents => extents;

    /// <summary>Listens to one node: its operator says how its axes are tied; those that it does not speak of are blocked.</summary>
    internal void Hear(Node speaker, Operator op)
    {
        (node, holds, solver.Speaker) = (speaker, op.WhyWhole, $"'{speaker.Name}' ({speaker.OpType})");
        told.Clear();
        op.Tie(speaker, shapes, this);
        foreach (var axis in AxesOf(speaker.Inputs.Concat(speaker.Outputs)))
            if (!told.Contains(axis)) Block(axis);
        (node, solver.Speaker) = (null, "");
    }

    /// <summary>Index i of one axis goes when index i of the other goes.</summary>
    public void Add(Axis one, Axis other)
    {
        if (shapes.Has(one.Tensor) && shapes.Has(other.Tensor)) solver.Unify(this[one], this[other]);
    }

    /// <summary>Ties these axes to each other; those of values that are left out count for nothing.</summary>
    public void AddAll(params ReadOnlySpan<Axis> axes)
    {
        Axis? first = null;
        foreach (var axis in axes)
            if (shapes.Has(axis.Tensor)) Add(first ??= axis, axis);
    }

    /// <summary>Ties the axes of an operand to those of the result that it is broadcast to; an operand's axis of size 1 stays free.</summary>
    public void AddBroadcast(string operand, string result)
    {
        if (!shapes.Has(operand) || !shapes.Has(result)) return;
        var (from, to) = (shapes[operand], shapes[result]);
        for (var axis = 0; axis < from.Length; axis++)
        {
            var wide = to.Length - from.Length + axis;
            if (wide >= 0 && from[axis] == to[wide]) Add(new(operand, axis), new(result, wide));
            else if (wide >= 0) told.Add(new(result, wide)); // as wide as another operand
        }
        for (var axis = 0; axis < to.Length - from.Length; axis++) told.Add(new(result, axis));
    }

    /// <summary>Ties each axis of one tensor to the same axis of the other, save those excepted.</summary>
    public void AddAll(string one, string other, params ReadOnlySpan<int> except)
    {
        for (var axis = 0; shapes.Has(one) && axis < shapes[one].Length; axis++) // a sequence has no axes
            if (!except.Contains(axis)) Add(new(one, axis), new(other, axis));
    }

    /// <summary>Ties two forms of the same elements in the same order, such as Reshape makes.</summary>
    public void AddReshape(string one, string other)
    {
        var (from, to) = (AxesOf([one]).ToArray(), AxesOf([other]).ToArray());
        if (from.Length == 0 || to.Length == 0 || shapes.Elements(one) == 0) foreach (var axis in from.Concat(to)) Block(axis);
        else solver.Unify(Extent.Times(from.Select(axis => this[axis])), Extent.Times(to.Select(axis => this[axis])));
    }

    /// <summary>The axis is made of parts, one after the other, as Concat makes it.</summary>
    public void AddJoined(Axis whole, IEnumerable<Axis> parts)
    {
        if (Extent.Of(parts.Where(part => shapes[part.Tensor][part.Index] > 0).Select(part => this[part])) is var joined && joined.Size == this[whole].Size) solver.Unify(this[whole], joined);
        else Block([whole, .. parts], "has parts that do not fill its axis");
    }

    /// <summary>The axis is made of neighbouring stretches of another, in any order: slices, and indices that are gathered.</summary>
    /// <param name="part">As long as all stretches.</param>
    /// <param name="whole">From which they are taken.</param>
    /// <param name="stretches">Each from 0, with its length.</param>
    public void AddPart(Axis part, Axis whole, IReadOnlyList<(long Start, long Length)> stretches)
    {
        var cuts = stretches.SelectMany(stretch => new[] { stretch.Start, stretch.Start + stretch.Length }).Append(0).Append(this[whole].Size).Distinct().Order().ToArray();
        var pieces = new List<(long Start, Extent Piece)>();
        var rest = this[whole];
        for (var i = 1; i < cuts.Length; i++)
        {
            if (i == cuts.Length - 1) pieces.Add((cuts[i - 1], rest));
            else if (solver.Cut(rest, cuts[i] - cuts[i - 1]) is var (first, after))
            {
                pieces.Add((cuts[i - 1], first));
                rest = after;
            }
            else
            {
                Block([part, whole], "takes a part that cuts through what belongs together");
                return;
            }
        }
        solver.Unify(this[part], Extent.Of(stretches.SelectMany(stretch => pieces.Where(piece => piece.Start >= stretch.Start && piece.Start < stretch.Start + stretch.Length).Select(piece => piece.Piece))));
    }

    /// <summary>The axis counts every combination of factors, the last fastest. A factor that is only a number is a dimension that stays whole.</summary>
    public void AddProduct(Axis whole, params IEnumerable<Factor> factors)
    {
        var product = Extent.Times([.. factors.Select(factor => factor.Extent(this))]);
        if (product.Size == this[whole].Size) solver.Unify(this[whole], product);
        else Block([whole, .. factors.Where(factor => factor.Axis is not null).Select(factor => factor.Axis!.Value)], "has an axis that its factors do not make");
    }

    /// <summary>A dimension of its own that no axis counts alone, such as the groups of a convolution, for use as a factor in several products.</summary>
    public Factor Free(long size) => new(New(size));

    /// <summary>A dimension of its own, of which the node's attributes name the size: <see cref="Mending.Left"/> tells what is left of it.</summary>
    public Factor Free(long size, string name)
    {
        var made = New(size);
        named[(node!, name)] = made;
        return new(made);
    }

    /// <summary>A factor that counts every combination of others, the last fastest.</summary>
    public Factor Times(params IEnumerable<Factor> factors) => new(Extent.Times([.. factors.Select(factor => factor.Extent(this))]));

    /// <summary>A factor that counts others one after the other.</summary>
    public Factor Chain(params IEnumerable<Factor> parts) => new(Extent.Of([.. parts.Select(part => part.Extent(this))]));

    /// <summary>The node multiplies along two axes and sums: what is removed there adds nothing.</summary>
    /// <param name="value">Of the activation.</param>
    /// <param name="weight">Of the other operand.</param>
    /// <param name="zero">Of a quantized weight, which adds nothing where it is its zero point.</param>
    public void Contract(Axis value, Axis weight, Zero? zero = null)
    {
        if (zero is { } points && !AreConstants(weight, points)) Block([value, weight], "multiplies quantized values that are no constants along it");
        else
        {
            Add(value, weight);
            contractions.Add(new(node!, value, weight, zero));
        }
    }

    /// <summary>The node sums over an axis in a way to which zeros add nothing.</summary>
    /// <param name="value">Of any operand.</param>
    /// <param name="zero">Of a quantized one.</param>
    public void Sum(Axis value, Zero? zero = null)
    {
        if (zero is { } points && !AreConstants(value, points)) Block([value], "multiplies quantized values that are no constants along it");
        else
        {
            _ = this[value];
            contractions.Add(new(node!, value, null, zero));
        }
    }

    /// <summary>A factor that stays as it is.</summary>
    public Factor Whole(long size, string why) => new(New(size, new(solver.Speaker, why)));

    /// <summary>The axis is another with parts around it that hold nothing of it, as Pad makes it.</summary>
    public void AddPadded(Axis whole, long before, Axis inner, long after)
    {
        var pin = new Pin(solver.Speaker, "pads this axis");
        solver.Unify(this[whole], Extent.Of(new[] { New(before, pin), this[inner], New(after, pin) }.Where(part => part.Size > 0)));
    }

    /// <summary>The axis may shrink as others say: the node only looks at its size, or makes it of what it is told.</summary>
    public void Pass(Axis axis) => _ = this[axis];

    /// <summary>Whether a value is a constant or computed from constants alone.</summary>
    public bool IsConstant(string name) => graph.Constants.ContainsKey(name) || Computed.Contains(name);

    /// <summary>Notes what a dimension is to a node.</summary>
    public void Note(Axis axis, Roles role)
    {
        foreach (var leaf in this[axis].Leaves) roles[leaf] = roles.GetValueOrDefault(leaf) | role;
    }

    /// <summary>Notes what a factor is to a node.</summary>
    internal void Note(Factor factor, Roles role)
    {
        foreach (var leaf in factor.Extent(this).Leaves) roles[leaf] = roles.GetValueOrDefault(leaf) | role;
    }

    /// <summary>Nothing may be removed along this axis, for the operator's usual reason.</summary>
    public void Block(Axis axis) => Block([axis], holds);

    /// <summary>Nothing may be removed along these axes.</summary>
    /// <param name="axes">Of the node's inputs and outputs.</param>
    /// <param name="why">What follows the node's name in a sentence.</param>
    public void Block(IEnumerable<Axis> axes, string why)
    {
        foreach (var axis in axes)
            if (shapes.Has(axis.Tensor)) this[axis].Hold(new(solver.Speaker, why));
    }

    /// <summary>Nothing may be removed along any axis of this node's inputs and outputs, save those excepted: how they are tied is not known.</summary>
    public void Block(Node node, params ReadOnlySpan<Axis> except)
    {
        List<Axis> axes = [];
        foreach (var axis in AxesOf(node.Inputs.Concat(node.Outputs)))
            if (!except.Contains(axis)) axes.Add(axis);
        Block(axes, holds);
    }

    /// <summary>Nothing may be removed along any axis of a value at the edge of the graph.</summary>
    internal void BlockEdge(string value, string why)
    {
        foreach (var axis in AxesOf([value])) this[axis].Hold(new("", why));
    }

    /// <summary>A dimension that a node named.</summary>
    internal Extent Named(Node node, string name) => named[(node, name)];

    internal Roles RolesOf(Dimension dimension) =>
        roles.Where(pair => pair.Key.Leaves.Contains(dimension)).Aggregate(Roles.None, (all, pair) => all | pair.Value);

    /// <summary>What an axis is made of.</summary>
    internal Extent this[Axis axis]
    {
        get
        {
            told.Add(axis);
            if (!extents.TryGetValue(axis, out var extent)) extents[axis] = extent = New(shapes[axis.Tensor][axis.Index]);
            return extent.Resolved;
        }
    }

    internal Dimension New(long size, Pin? pin = null) => solver.New(size, pin);

    private bool AreConstants(Axis weight, Zero zero) =>
        graph.Constants.ContainsKey(weight.Tensor) && (zero.Name.Length == 0 || graph.Constants.ContainsKey(zero.Name));

    private IEnumerable<Axis> AxesOf(IEnumerable<string> names) =>
        names.Where(shapes.Has).SelectMany(name => Enumerable.Range(0, shapes[name].Length).Select(index => new Axis(name, index)));
}
