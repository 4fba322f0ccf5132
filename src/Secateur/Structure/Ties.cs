using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;

namespace Secateur.Structure;

/// <summary>One axis of a value or constant.</summary>
public readonly record struct Axis(string Tensor, int Index)
{
    public override string ToString() => $"{Tensor}[{Index}]";
}

/// <summary>What is known of a dimension by how nodes use it.</summary>
[Flags]
public enum Roles
{
    None = 0,

    /// <summary>It counts products of two activations that run side by side: heads.</summary>
    Head = 1,

    /// <summary>It is summed over, or comes out, where two activations are multiplied: the size of a head.</summary>
    HeadSize = 2,
}

/// <summary>A node sums over an axis: what is removed there adds nothing, as if it were zero.</summary>
/// <param name="Node">The node.</param>
/// <param name="Value">The axis of the activation that is summed over.</param>
/// <param name="Weight">The axis of the other operand that it is multiplied with; null where there is none.</param>
/// <param name="Zero">What adds nothing where it is no 0: the zero points of the weight, or of the value where there is none.</param>
internal sealed record Contraction(Node Node, Axis Value, Axis? Weight, Zero? Zero = null);

/// <summary>The zero points of a quantized constant: one, or one for each index of an axis.</summary>
/// <param name="Name">The constant that holds them; empty where all are 0.</param>
/// <param name="Axis">Where there is more than one.</param>
public readonly record struct Zero(string Name, int Axis = 0);

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
    private int count;
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
        (node, holds) = (speaker, op.WhyWhole);
        told.Clear();
        op.Tie(speaker, shapes, this);
        foreach (var axis in AxesOf(speaker.Inputs.Concat(speaker.Outputs)))
            if (!told.Contains(axis)) Block(axis);
        node = null;
    }

    /// <summary>Index i of one axis goes when index i of the other goes.</summary>
    public void Add(Axis one, Axis other)
    {
        if (shapes.Has(one.Tensor) && shapes.Has(other.Tensor)) Unify(this[one], this[other]);
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
        else Unify(Extent.Times(from.Select(axis => this[axis])), Extent.Times(to.Select(axis => this[axis])));
    }

    /// <summary>The axis is made of parts, one after the other, as Concat makes it.</summary>
    public void AddJoined(Axis whole, IEnumerable<Axis> parts)
    {
        if (Extent.Of(parts.Where(part => shapes[part.Tensor][part.Index] > 0).Select(part => this[part])) is var joined && joined.Size == this[whole].Size) Unify(this[whole], joined);
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
            else if (Cut(rest, cuts[i] - cuts[i - 1]) is var (first, after))
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
        Unify(this[part], Extent.Of(stretches.SelectMany(stretch => pieces.Where(piece => piece.Start >= stretch.Start && piece.Start < stretch.Start + stretch.Length).Select(piece => piece.Piece))));
    }

    /// <summary>The axis counts every combination of factors, the last fastest. A factor that is only a number is a dimension that stays whole.</summary>
    public void AddProduct(Axis whole, params IEnumerable<Factor> factors)
    {
        var product = Extent.Times([.. factors.Select(factor => factor.Extent(this))]);
        if (product.Size == this[whole].Size) Unify(this[whole], product);
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
    public Factor Whole(long size, string why) => new(New(size, new(Speaker, why)));

    /// <summary>The axis is another with parts around it that hold nothing of it, as Pad makes it.</summary>
    public void AddPadded(Axis whole, long before, Axis inner, long after)
    {
        var pin = new Pin(Speaker, "pads this axis");
        Unify(this[whole], Extent.Of(new[] { New(before, pin), this[inner], New(after, pin) }.Where(part => part.Size > 0)));
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
            if (shapes.Has(axis.Tensor)) this[axis].Hold(new(Speaker, why));
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

    internal Dimension New(long size, Pin? pin = null) => new(size, count++, pin);

    private string Speaker => node is null ? "" : $"'{node.Name}' ({node.OpType})";

    private bool AreConstants(Axis weight, Zero zero) =>
        graph.Constants.ContainsKey(weight.Tensor) && (zero.Name.Length == 0 || graph.Constants.ContainsKey(zero.Name));

    private IEnumerable<Axis> AxesOf(IEnumerable<string> names) =>
        names.Where(shapes.Has).SelectMany(name => Enumerable.Range(0, shapes[name].Length).Select(index => new Axis(name, index)));

    private void Unify(Extent one, Extent other)
    {
        (one, other) = (one.Resolved, other.Resolved);
        if (ReferenceEquals(one, other)) return;
        if (one.Size != other.Size) Conflict(one, other);
        else if (one is Dimension first) first.Bind(other);
        else if (other is Dimension second) second.Bind(one);
        else if (one is Joined or Product && other is Joined) UnifyParts((Joined)other, one);
        else if (one is Joined joined) UnifyParts(joined, other);
        else UnifyFactors((Product)one, (Product)other);
    }

    private void UnifyParts(Joined joined, Extent other)
    {
        var rest = other;
        List<(Extent, Extent)> pairs = [];
        foreach (var part in joined.Parts)
        {
            // a part may be cut in two by the other's boundaries only if the other is cut by this one's: both must agree
            if (part.Size == rest.Size)
            {
                pairs.Add((part, rest));
                break;
            }
            if (Cut(rest, part.Size) is not var (first, after))
            {
                Conflict(joined, other);
                return;
            }
            pairs.Add((part, first));
            rest = after;
        }
        foreach (var (part, piece) in pairs) Unify(part, piece);
    }

    /// <summary>From the inner end as far as sizes divide each other, then from the outer end; what is left in between fits in no way and is held.</summary>
    private void UnifyFactors(Product one, Product other)
    {
        LinkedList<Extent> ones = new(one.Factors), others = new(other.Factors);
        while (ones.Count > 0 && others.Count > 0 && Match(ones, others, inner: true)) { }
        while (ones.Count > 0 && others.Count > 0 && Match(ones, others, inner: false)) { }
        if (ones.Count > 0 || others.Count > 0) Conflict([.. ones, .. others]);
    }

    private bool Match(LinkedList<Extent> ones, LinkedList<Extent> others, bool inner)
    {
        var (a, b) = ((inner ? ones.Last : ones.First)!.Value.Resolved, (inner ? others.Last : others.First)!.Value.Resolved);
        if (a is Product || b is Product) // bound since
        {
            Spread(ones, a, inner);
            Spread(others, b, inner);
            return true;
        }
        if (a.Size == b.Size)
        {
            Drop(ones, inner);
            Drop(others, inner);
            Unify(a, b);
            return true;
        }
        if (a.Size < b.Size) return Match(others, ones, inner);
        var parts = a.Size % b.Size != 0 ? null : Factorize(a, inner ? b.Size : a.Size / b.Size);
        if (parts is not var (outer, within)) return false;
        Drop(ones, inner);
        Drop(others, inner);
        if (inner) ones.AddLast(outer);
        else ones.AddFirst(within);
        Unify(inner ? within : outer, b);
        return true;

        static void Drop(LinkedList<Extent> list, bool inner)
        {
            if (inner) list.RemoveLast();
            else list.RemoveFirst();
        }

        static void Spread(LinkedList<Extent> list, Extent end, bool inner)
        {
            if (end is not Product product) return;
            Drop(list, inner);
            foreach (var factor in inner ? product.Factors : product.Factors.Reverse())
            {
                if (inner) list.AddLast(factor);
                else list.AddFirst(factor);
            }
        }
    }

    /// <summary>In two, one after the other, the first of this size; null where that would cut through combinations.</summary>
    private (Extent First, Extent After)? Cut(Extent extent, long size)
    {
        switch (extent.Resolved)
        {
            case var whole when size <= 0 || size >= whole.Size: return null;
            case Dimension dimension:
                var (first, rest) = (New(size), New(dimension.Size - size));
                dimension.Bind(Extent.Of([first, rest]));
                return (first, rest);
            case Joined joined:
                var before = 0L;
                for (var i = 0; i < joined.Parts.Length; i++)
                {
                    var part = joined.Parts[i];
                    if (before == size) return (Extent.Of(joined.Parts[..i]), Extent.Of(joined.Parts[i..]));
                    if (before + part.Size > size)
                        return Cut(part, size - before) is var (left, right) ? (Extent.Of([.. joined.Parts[..i], left]), Extent.Of([right, .. joined.Parts[(i + 1)..]])) : null;
                    before += part.Size;
                }
                return null;
            case Product product:
                var inner = product.Size / product.Factors[0].Size;
                return size % inner == 0 && Cut(product.Factors[0], size / inner) is var (low, high)
                    ? (Extent.Times([low, .. product.Factors[1..]]), Extent.Times([high, .. product.Factors[1..]])) : null;
            default: return null;
        }
    }

    /// <summary>Into an outer and an inner factor, the inner of this size; null where it is not made so.</summary>
    private (Extent Outer, Extent Inner)? Factorize(Extent extent, long size)
    {
        switch (extent.Resolved)
        {
            case var whole when whole.Size == size: return (New(1), whole);
            case Dimension dimension:
                var (outer, inner) = (New(dimension.Size / size), New(size));
                dimension.Bind(Extent.Times([outer, inner]));
                return (outer, inner);
            case Joined joined when joined.Parts.All(part => part.Size % size == 0):
                List<Extent> outers = [];
                Extent? shared = null;
                foreach (var part in joined.Parts)
                {
                    if (Factorize(part, size) is not var (times, within)) return null;
                    outers.Add(times);
                    if (shared is null) shared = within;
                    else Unify(shared, within);
                }
                return (Extent.Of(outers), shared!);
            case Product product:
                var last = product.Factors[^1];
                if (last.Size == size) return (Extent.Times(product.Factors[..^1]), last);
                if (last.Size > size) return last.Size % size == 0 && Factorize(last, size) is var (left, right) ? (Extent.Times([.. product.Factors[..^1], left]), right) : null;
                return size % last.Size == 0 && Factorize(Extent.Times(product.Factors[..^1]), size / last.Size) is var (high, low) ? (high, Extent.Times([low, last])) : null;
            default: return null;
        }
    }


    private void Conflict(params ReadOnlySpan<Extent> extents)
    {
        foreach (var extent in extents) extent.Hold(new(Speaker, "joins axes that divide each other in no way"));
    }
}

/// <summary>A factor of an axis: another axis, a number that stays as it is, or a dimension made for the purpose.</summary>
public readonly struct Factor
{
    private readonly long size;
    private readonly Extent? made;

    private Factor(long size) => this.size = size;

    internal Factor(Extent made) => this.made = made;

    /// <summary>Null for a number or a dimension.</summary>
    public Axis? Axis { get; private init; }

    public static implicit operator Factor(Axis axis) => new() { Axis = axis };

    public static implicit operator Factor(long size) => new(size);

    internal Extent Extent(Ties ties) => made ?? (Axis is { } axis ? ties[axis] : ties.New(size, new("", Pin.Number)));
}
