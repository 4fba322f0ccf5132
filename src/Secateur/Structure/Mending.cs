using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;

namespace Secateur.Structure;

/// <summary>
/// What must be written anew in a node where axes shrink: sizes that its attributes or inputs name. An operator says what they should be; where
/// they follow by themselves nothing is changed.
/// </summary>
public sealed class Mending
{
    private readonly StructureMap map;
    private readonly Removal removal;
    private readonly Node node;
    private readonly int setting;
    private readonly Dictionary<int, long[]?[]> wanted;
    private readonly Dictionary<int, long[]?[]> found;

    internal Mending(StructureMap map, Removal removal, Node node, int setting, Dictionary<int, long[]?[]> wanted, Dictionary<int, long[]?[]> found, List<AttributeProto> attributes)
    {
        (this.map, this.removal, this.node, this.setting, this.wanted, this.found, Attributes) = (map, removal, node, setting, wanted, found, attributes);
    }

    internal List<AttributeProto> Attributes { get; }

    /// <summary>The shape of a value before anything is removed.</summary>
    public long[] Before(string name) => [.. map.Settings[setting].Shapes[name]];

    /// <summary>The shape that it will have.</summary>
    public long[] After(string name) => removal.ShapeOf(name, setting)!;

    /// <summary>How many of the first indices of an axis stay.</summary>
    public long Kept(Axis axis, long first) => removal.Kept(axis).Take((int)first).LongCount(stays => stays);

    /// <summary>How much stays of a dimension that the node named by <see cref="Ties.Free(long, string)"/>.</summary>
    public long Left(string name) => removal.Left(map.Named(node, name));

    /// <summary>Whether an axis shrinks.</summary>
    public bool Shrinks(Axis axis) => removal.Kept(axis).Contains(false);

    /// <summary>The sizes that an input would give, left as it is; null where they are not known.</summary>
    public long[]? Numbers(int input) => removal.SizesAfter(setting).Integers(node.Inputs[input]);

    /// <summary>The sizes that it gave before anything was removed; null where they are not known.</summary>
    public long[]? NumbersBefore(int input) => map.Settings[setting].Sizes.Integers(node.Inputs[input]);

    /// <summary>Whether an index of an axis stays.</summary>
    public bool Stays(Axis axis, int index) => removal.Kept(axis)[index];

    /// <summary>States the numbers that an input must give.</summary>
    /// <param name="input">Its place.</param>
    /// <param name="numbers">As many as it has elements.</param>
    public void Want(int input, long[] numbers)
    {
        if (!wanted.TryGetValue(input, out var all)) wanted[input] = all = new long[]?[map.Settings.Length];
        if (!found.TryGetValue(input, out var have)) found[input] = have = new long[]?[map.Settings.Length];
        (all[setting], have[setting]) = (numbers, Numbers(input));
    }

    /// <summary>States what an attribute must be.</summary>
    public void Want(string attribute, long[] numbers)
    {
        var one = new AttributeProto { Name = attribute, Type = AttributeProto.Types.AttributeType.Ints };
        one.Ints.AddRange(numbers);
        Attributes.RemoveAll(other => other.Name == attribute);
        Attributes.Add(one);
    }

    /// <summary>States what an attribute must be.</summary>
    public void Want(string attribute, long number)
    {
        Attributes.RemoveAll(other => other.Name == attribute);
        Attributes.Add(new AttributeProto { Name = attribute, Type = AttributeProto.Types.AttributeType.Int, I = number });
    }

    /// <summary>States what an attribute must be.</summary>
    public void Want(string attribute, float number)
    {
        Attributes.RemoveAll(other => other.Name == attribute);
        Attributes.Add(new AttributeProto { Name = attribute, Type = AttributeProto.Types.AttributeType.Float, F = number });
    }
}
