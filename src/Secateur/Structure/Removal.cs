using System.Collections.Immutable;
using Google.Protobuf;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>Takes units out of a model: constants are sliced, sizes that nodes name are written anew, all else stays.</summary>
internal sealed class Removal
{
    private readonly StructureMap map;
    private readonly IReadOnlyDictionary<Dimension, bool[]> kept;
    private readonly Dictionary<Extent, bool[]> keptOf = [];
    private readonly Dictionary<long, bool[]> wholes = []; // of extents that stay whole, by size: a small file may name many of a hundred million
    private readonly Dictionary<(string, int), long[]?> shapes = [];
    private readonly SizeArithmetic?[] after, held;

    /// <param name="map">Of the model.</param>
    /// <param name="kept">By dimension, which units stay; of those left out, all.</param>
    public Removal(StructureMap map, IReadOnlyDictionary<Dimension, bool[]> kept)
    {
        (this.map, this.kept) = (map, kept);
        (after, held) = (new SizeArithmetic?[map.Settings.Length], new SizeArithmetic?[map.Settings.Length]);
    }

    /// <summary>Which indices of an axis stay.</summary>
    public bool[] Kept(Axis axis) => Kept(map.ExtentsOf(axis.Tensor)![axis.Index]);

    /// <summary>How many of an extent's indices stay.</summary>
    public long Left(Extent extent) => extent.Left(Left);

    /// <summary>The shape that a value will have; null where none is known.</summary>
    public long[]? ShapeOf(string name, int setting)
    {
        if (shapes.TryGetValue((name, setting), out var shape)) return shape;
        var before = map.Settings[setting].Shapes;
        if (!before.Has(name)) return shapes[(name, setting)] = null;
        shape = [.. before[name]];
        if (map.ExtentsOf(name) is { } extents)
        {
            for (var axis = 0; axis < extents.Length && axis < shape.Length; axis++)
            {
                if (extents[axis] is not { } extent) continue;
                var left = extent.Left(Left);
                // of an axis that the data makes longer too, the share that stays
                if (left != extent.Size) shape[axis] = setting == 0 ? left : shape[axis] * left / extent.Size;
            }
        }
        return shapes[(name, setting)] = shape;
    }

    /// <summary>What the graph computes from sizes once the units are gone.</summary>
    public SizeArithmetic SizesAfter(int setting) => after[setting] ??= SizeArithmetic.Of(map.Network, name => ShapeOf(name, setting), Cut);

    /// <summary>What it computes if constants lose the units, but all sizes stay.</summary>
    private SizeArithmetic SizesHeld(int setting) => held[setting] ??= SizeArithmetic.Of(map.Network, name => map.Settings[setting].Shapes is var before && before.Has(name) ? [.. before[name]] : null, Cut);

    /// <summary>The dimensions that some node cannot follow, with that node's reason.</summary>
    public IReadOnlyList<(Dimension Dimension, Pin Pin)> Faults()
    {
        List<(Dimension, Pin)> faults = [];
        foreach (var (node, error) in Mends().Where(mend => mend.Fault is not null).Select(mend => (mend.Node, mend.Fault!)))
        {
            var near = node.Inputs.Concat(node.Outputs).Concat(node.Inputs.SelectMany(name => map.Settings[0].Sizes.Sources(name)));
            var shrinking = near.Select(map.ExtentsOf).Where(extents => extents is not null).SelectMany(extents => extents!).Where(extent => extent is not null)
                .SelectMany(extent => extent.Leaves).Where(kept.ContainsKey).Distinct().ToArray();
            if (shrinking.Length == 0) shrinking = [.. kept.Keys.Where(one => new Removal(map, new Dictionary<Dimension, bool[]> { [one] = kept[one] }).Fails(node))];
            if (shrinking.Length == 0) shrinking = [.. kept.Keys]; // several together, and it cannot be told which
            var pin = new Pin($"'{node.Name}' ({node.OpType})", Reason(error));
            faults.AddRange(shrinking.Select(dimension => (dimension, pin)));
        }
        return faults;
    }

    /// <summary>The model without these units. Nothing else changes: names, types and shapes of inputs and outputs stay.</summary>
    /// <param name="source">The model, with the values that its constants shall have.</param>
    /// <exception cref="SecateurException">A node names a size that cannot be written anew; the message names it.</exception>
    public OnnxModel Apply(OnnxModel source)
    {
        var model = new OnnxModel(source.Proto.Clone(), source.Path);
        if (kept.Values.All(units => Array.TrueForAll(units, stays => stays))) return model;
        var surgery = new Surgery(model);
        var nodes = map.Network.Graph.Nodes.Zip(model.Graph.Nodes).ToDictionary(pair => pair.First, pair => pair.Second);
        foreach (var mend in Mends())
        {
            if (mend.Fault is { } fault) throw fault;
            mend.Write(surgery, nodes[mend.Node]);
        }
        foreach (var (name, tensor) in model.Graph.Constants)
        {
            if (map.ExtentsOf(name) is not { } extents) continue;
            for (var axis = 0; axis < extents.Length; axis++)
                if (extents[axis] is { } extent && Kept(extent) is var stays && stays.Contains(false)) tensor.Slice(axis, stays);
        }
        model.Proto.Graph.ValueInfo.Clear(); // shapes of before
        return model.Reread();
    }

    /// <summary>
    /// The twin: the whole model, with zeros wherever a removed unit would be summed over, in the weights that it meets there, or where it
    /// meets none, by a factor of 0 before the sum. It computes what the smaller model computes.
    /// </summary>
    /// <param name="source">The model, with the values that its constants shall have.</param>
    public OnnxModel Mask(OnnxModel source)
    {
        var model = new OnnxModel(source.Proto.Clone(), source.Path);
        var surgery = new Surgery(model);
        var nodes = map.Network.Graph.Nodes.Zip(model.Graph.Nodes).ToDictionary(pair => pair.First, pair => pair.Second);
        HashSet<Axis> cleared = [];
        foreach (var (node, value, weight, zero) in map.Contractions)
        {
            var stays = Kept(value);
            if (!stays.Contains(false)) continue;
            if ((weight is { } other && model.Graph.Constants.ContainsKey(other.Tensor) ? other
                : model.Graph.Constants.ContainsKey(value.Tensor) ? value : (Axis?)null) is { } constant)
            {
                if (cleared.Add(constant)) model.Graph.Constants[constant.Tensor].Clear(constant.Index, Kept(constant), zero is { Name.Length: > 0 } named ? model.Graph.Constants[named.Name] : null, zero?.Axis ?? 0);
                continue;
            }
            var shape = new long[map.Settings[0].Shapes[value.Tensor].Length];
            Array.Fill(shape, 1);
            shape[value.Index] = stays.Length;
            using var scope = NewDisposeScope();
            var factors = tensor(Array.ConvertAll(stays, one => one ? 1f : 0f)).reshape(shape).to_type(map.Settings[0].Shapes.TypeOf(value.Tensor));
            var input = nodes[node].Inputs.IndexOf(value.Tensor);
            nodes[node].Proto.Input[input] = surgery.Before(nodes[node], "Mul", nodes[node].Proto.Input[input], surgery.Constant($"{node.Name}/mask", factors, like: value.Tensor));
        }
        return model.Reread();
    }

    private bool[] Kept(Extent extent) => keptOf.TryGetValue(extent, out var stays) ? stays : keptOf[extent] = extent.Leaves.Any(kept.ContainsKey) ? extent.Kept(kept) : Whole(extent.Size);

    private bool[] Whole(long size) => wholes.TryGetValue(size, out var whole) ? whole : wholes[size] = Extents.Whole(size);

    private long Left(Dimension dimension) => kept.TryGetValue(dimension, out var units) ? units.LongCount(stays => stays) : dimension.Size;

    private IEnumerable<Mend> Mends()
    {
        foreach (var node in map.Network.Graph.Nodes)
        {
            var mend = new Mend(node);
            try
            {
                Look(mend);
            }
            catch (SecateurException e)
            {
                mend.Fault = e;
            }
            if (mend.Fault is not null || mend.Numbers.Count > 0 || mend.Attributes.Count > 0) yield return mend;
        }
    }

    private bool Fails(Node node)
    {
        try
        {
            Look(new Mend(node));
            return false;
        }
        catch (SecateurException)
        {
            return true;
        }
    }

    private void Look(Mend mend)
    {
        var node = mend.Node;
        Dictionary<int, long[]?[]> wanted = [], found = [];
        var op = Operator.For(node, map.Network.Model.Path);
        var touched = node.Inputs.Concat(node.Outputs).Any(name => name.Length > 0 && !Same(name));
        int[] sizes = [.. op.Sizes(node)];
        if (touched || sizes.Any(input => node.HasInput(input) && map.Settings[0].Sizes.IsComputed(node.Inputs[input])))
            for (var setting = 0; setting < map.Settings.Length; setting++) op.Mend(node, new Mending(map, this, node, setting, wanted, found, mend.Attributes));
        foreach (var (input, all) in wanted)
            if (Renumbering.Of(node, input, found[input], all, ShapeOf(node.Inputs[input], 0)) is { } changed) mend.Numbers.Add(changed);
        foreach (var input in Enumerable.Range(0, node.Inputs.Length).Except(sizes)) Keep(mend, input);
    }

    private bool Same(string name) => map.ExtentsOf(name) is not { } extents || extents.All(extent => extent is null || extent.Size == Left(extent));

    /// <summary>A number that was computed from a size which shrinks, and is used for more than a size, stays what it was.</summary>
    private void Keep(Mend mend, int input)
    {
        var (node, name) = (mend.Node, mend.Node.Inputs[input]);
        if (name.Length == 0 || !map.Settings[0].Sizes.IsComputed(name)) return;
        if (node.Outputs.All(output => output.Length == 0 || SizesAfter(0)[output] is not null)) return; // still arithmetic of sizes
        Tensor?[] now = [.. map.Settings.Select((_, setting) => SizesAfter(setting)[name])];
        // sizes of things that did not shrink, which meet weights that did, such as places through a weight
        if (Enumerable.Range(0, now.Length).All(setting => now[setting] is not null && Equal(now[setting], SizesHeld(setting)[name]))) return;
        Tensor?[] whole = [.. map.Settings.Select(setting => setting.Sizes[name])];
        Tensor?[] were = [.. whole.Select(one => one is null ? null : Cut(name, one))];
        // the same as it was, or what stays of it: in the former case whatever makes it is told its new size
        if (Enumerable.Range(0, now.Length).All(setting => Equal(now[setting], whole[setting]) || Equal(now[setting], were[setting]))) return;
        for (var setting = 0; setting < now.Length; setting++)
        {
            if (now[setting] is { } one && were[setting] is { } other && !one.shape.SequenceEqual(other.shape))
            {
                if (ShapeOf(name, setting)!.SequenceEqual(one.shape)) return; // filled to the new size
                throw node.Error($"reads '{name}', whose size is computed from one that shrinks; keep that one whole");
            }
        }
        if (were[0] is not { } value || were.Any(other => other is null || !Equal(other, value)))
            throw node.Error($"computes with '{name}', which follows from a size that shrinks and from the data; keep that size whole");
        mend.Numbers.Add(new(input, value));
    }

    /// <summary>Of two that are both too large to be known nothing says that they differ.</summary>
    private static bool Equal(Tensor? one, Tensor? other) =>
        one is null ? other is null : other is not null && one.shape.SequenceEqual(other.shape) && one.equal(other).all().item<bool>();

    /// <summary>What stays of a value's elements; null where it is of other sizes than those looked at.</summary>
    private Tensor? Cut(string name, Tensor value)
    {
        if (map.ExtentsOf(name) is not { } extents || Same(name)) return value;
        for (var axis = 0; axis < extents.Length; axis++)
        {
            if (extents[axis] is not { } extent || Kept(extent) is var stays && !stays.Contains(false)) continue;
            if (axis >= value.dim() || value.shape[axis] != stays.Length) return null;
            value = value.index_select(axis, tensor(stays.Index().Where(unit => unit.Item).Select(unit => (long)unit.Index).ToArray()));
        }
        return value;
    }

    private static string Reason(SecateurException error) => error.Message[(error.Message.IndexOf("): ", StringComparison.Ordinal) + 3)..].Split(';')[0];
}

/// <summary>What changes in one node.</summary>
internal sealed class Mend(Node node)
{
    public Node Node { get; } = node;

    public List<Renumbering> Numbers { get; } = [];

    public List<AttributeProto> Attributes { get; } = [];

    public SecateurException? Fault { get; set; }

    public void Write(Surgery surgery, Node node)
    {
        foreach (var numbers in Numbers) numbers.Write(surgery, node);
        foreach (var attribute in Attributes)
        {
            if (node.Proto.Attribute.FirstOrDefault(one => one.Name == attribute.Name) is { } old) node.Proto.Attribute.Remove(old);
            node.Proto.Attribute.Add(attribute.Clone());
        }
    }
}
