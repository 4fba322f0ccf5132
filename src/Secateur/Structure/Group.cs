using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Secateur.Structure;

/// <summary>What the units of a group are.</summary>
public enum UnitKind
{
    /// <summary>Channels of convolutions and neurons of matrix products.</summary>
    Channel,

    /// <summary>Heads of attention, or the heads that share a key and a value.</summary>
    Head,

    /// <summary>Elements of a head, the same in every head.</summary>
    HeadSize,

    /// <summary>Whole residual branches.</summary>
    Layer,

    /// <summary>Ranks of weights that are written as the product of two.</summary>
    Rank,

    /// <summary>Directions of residual streams.</summary>
    Embedding,
}

/// <summary>Slices tied together: when a unit goes, it goes on all axes of the group.</summary>
public sealed class Group
{
    private Group(string name, UnitKind kind, ImmutableArray<Axis> members, Dimension dimension) => (Name, Kind, Members, Dimension) = (name, kind, members, dimension);

    /// <summary>The first weight that has it as outputs, or else the first that has it.</summary>
    public string Name { get; }

    /// <summary>What a unit is.</summary>
    public UnitKind Kind { get; }

    /// <summary>Axes of constants on which units stand, in the file's order.</summary>
    public ImmutableArray<Axis> Members { get; }

    internal Dimension Dimension { get; }

    /// <summary>Units before anything is removed.</summary>
    public long Size => Dimension.Size;

    /// <summary>Why none may go; null where units may.</summary>
    public string? Held => Dimension.Pin?.ToString();

    internal static ImmutableArray<Group> Of(StructureMap map)
    {
        var graph = map.Network.Graph;
        var weights = map.Learned.Weights.ToDictionary(weight => weight.Name);
        Dictionary<Dimension, List<Axis>> members = [];
        foreach (var axis in graph.Constants.Keys.SelectMany(name => map.ExtentsOf(name)?.Index().Where(one => one.Item is not null).Select(one => new Axis(name, one.Index)) ?? []))
        {
            foreach (var leaf in map.ExtentsOf(axis.Tensor)![axis.Index].Leaves.Where(leaf => leaf is { Size: > 1, Pin: null or { Why: not Pin.Number } }).Distinct())
            {
                if (!members.TryGetValue(leaf, out var all)) members[leaf] = all = [];
                all.Add(axis);
            }
        }
        var order = graph.Nodes.Index().SelectMany(node => node.Item.Inputs.Select(name => (name, node.Index))).DistinctBy(use => use.name).ToDictionary(use => use.name, use => use.Index);
        var groups =
            from one in members
            let own = one.Value.Where(axis => weights.TryGetValue(axis.Tensor, out var weight) && (weight.OutputAxes.Contains(axis.Index) || weight.InputAxes.Contains(axis.Index)))
                .OrderBy(axis => order.GetValueOrDefault(axis.Tensor, int.MaxValue)).ToArray()
            where own.Length > 0
            let first = own.FirstOrDefault(axis => weights[axis.Tensor].OutputAxes.Contains(axis.Index), own[0])
            orderby order.GetValueOrDefault(first.Tensor, int.MaxValue), !weights[first.Tensor].OutputAxes.Contains(first.Index), one.Key.Number
            let roles = map.RolesOf(one.Key)
            let kind = roles.HasFlag(Roles.Head) ? UnitKind.Head : roles.HasFlag(Roles.HeadSize) ? UnitKind.HeadSize : UnitKind.Channel
            select new Group(first.Tensor, kind, [.. one.Value], one.Key);
        return [.. groups];
    }
}

/// <summary>The words of the command line.</summary>
public static class UnitKinds
{
    /// <summary>Granularities that remove structure, each with the kinds of units that it lets go.</summary>
    public static FrozenDictionary<string, ImmutableArray<UnitKind>> All { get; } = new Dictionary<string, ImmutableArray<UnitKind>>
    {
        ["channel"] = [UnitKind.Channel],
        ["embedding"] = [UnitKind.Embedding],
        ["head"] = [UnitKind.Head],
        ["head-size"] = [UnitKind.HeadSize],
        ["layer"] = [UnitKind.Layer],
        ["rank"] = [UnitKind.Rank],
        ["structure"] = [UnitKind.Channel, UnitKind.Head, UnitKind.HeadSize],
    }.ToFrozenDictionary();

    /// <summary>Null for a granularity of single weights.</summary>
    public static ImmutableArray<UnitKind>? Of(string granularity) => All.TryGetValue(granularity, out var kinds) ? kinds : null;

    public static string Word(this UnitKind kind) => kind switch
    {
        UnitKind.Channel => "channel",
        UnitKind.Head => "head",
        UnitKind.HeadSize => "head-size",
        UnitKind.Layer => "layer",
        UnitKind.Rank => "rank",
        UnitKind.Embedding => "embedding",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind"),
    };
}
