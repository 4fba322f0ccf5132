using System.Collections.Immutable;
using Secateur.Execution;

namespace Secateur.Structure.Budget;

/// <summary>The shape of a value once each group has kept some of its units; asked of values and constants alike.</summary>
/// <param name="value">Its name in the graph.</param>
/// <param name="kept">Units kept, by group.</param>
public delegate ImmutableArray<long> ShapeOf(string value, ReadOnlySpan<int> kept);

/// <summary>What can shrink in a graph, and the shapes that follow.</summary>
/// <param name="Units">Of each group, in the dense graph; at least 1.</param>
/// <param name="ShapeOf">With all units kept, the dense shape. A unit may stand for several places of an axis.</param>
public sealed record Shrinkage(ImmutableArray<int> Units, ShapeOf ShapeOf)
{
    /// <summary>Nothing shrinks.</summary>
    internal static Shrinkage None(Shapes shapes) => new([], (value, _) => shapes[value]);

    /// <summary>All groups that may shrink.</summary>
    internal static Shrinkage Of(StructureMap map, Shapes shapes) => Of(map, [.. map.Groups.Where(group => group.Held is null)], shapes);

    /// <param name="map">Of the model.</param>
    /// <param name="groups">Of the map, in the order in which their counts are given.</param>
    /// <param name="shapes">As seen in a run of it; of other open sizes than those the map looked at, if need be.</param>
    internal static Shrinkage Of(StructureMap map, IReadOnlyList<Group> groups, Shapes shapes)
    {
        var places = groups.Index().ToDictionary(group => group.Item.Dimension, group => group.Index);
        Dictionary<string, (int Axis, Extent Extent)[]> shrinking = [];
        foreach (var name in shapes.Names)
            if (map.ExtentsOf(name)?.Index().Where(axis => axis.Item?.Leaves.Any(places.ContainsKey) == true).Select(axis => (axis.Index, axis.Item)).ToArray() is { Length: > 0 } own)
                shrinking[name] = own;
        return new([.. groups.Select(group => (int)group.Size)], (value, kept) =>
        {
            if (!shrinking.TryGetValue(value, out var own)) return shapes[value];
            var (shape, counts) = (shapes[value].ToArray(), kept.ToArray());
            foreach (var (axis, extent) in own)
            {
                var left = extent.Left(dimension => places.TryGetValue(dimension, out var place) ? counts[place] : dimension.Size);
                shape[axis] = shape[axis] == extent.Size ? left : shape[axis] * left / extent.Size;
            }
            return [.. shape];
        });
    }

    /// <summary>The groups that decide a value's shape, found by letting each shrink alone.</summary>
    /// <param name="values">Names of values.</param>
    /// <returns>By value, rising; values that no group shrinks are left out.</returns>
    public Dictionary<string, ImmutableArray<int>> Deciding(IEnumerable<string> values)
    {
        var names = values.ToArray();
        var kept = Units.ToArray();
        var dense = Array.ConvertAll(names, name => ShapeOf(name, kept));
        Dictionary<string, ImmutableArray<int>> deciding = [];
        for (var group = 0; group < Units.Length; group++)
        {
            kept[group] = Math.Max(1, Units[group] / 2);
            for (var i = 0; i < names.Length; i++)
                if (!ShapeOf(names[i], kept).AsSpan().SequenceEqual(dense[i].AsSpan())) deciding[names[i]] = deciding.GetValueOrDefault(names[i], []).Add(group);
            kept[group] = Units[group];
        }
        return deciding;
    }
}
