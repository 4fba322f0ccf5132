using System.Collections.Immutable;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;

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
    /// <summary>The groups that tied axes form (<see cref="Ties"/>), one unit a place; those at an input or output of the model are left out.</summary>
    public static Shrinkage Of(OnnxModel model, Shapes shapes)
    {
        var graph = model.Graph;
        var ties = new Ties();
        foreach (var node in graph.AllNodes.Where(node => shapes.Runs(node) > 0)) Operator.For(node, model.Path).Tie(node, shapes, ties);
        var edges = graph.Inputs.Concat(graph.Outputs).Select(value => value.Name).ToHashSet();
        var learned = LearnedTensor.Of(model).Where(tensor => tensor.Kind == LearnedKind.Weight).Select(tensor => tensor.Name).ToHashSet();
        var units = ImmutableArray.CreateBuilder<int>();
        Dictionary<string, List<(int Index, int Group)>> axes = [];
        foreach (var (tied, free) in ties.Sets().OrderBy(set => set.Axes.Min(axis => $"{axis.Tensor} {axis.Index}"), StringComparer.Ordinal))
        {
            var sizes = tied.Where(axis => shapes.Has(axis.Tensor)).Select(axis => shapes[axis.Tensor][axis.Index]).Distinct().ToArray();
            if (!free || sizes is not [> 1 and < int.MaxValue and var size] || tied.Any(axis => edges.Contains(axis.Tensor)) || !tied.Any(axis => learned.Contains(axis.Tensor))) continue;
            foreach (var axis in tied)
            {
                if (!axes.TryGetValue(axis.Tensor, out var own)) axes[axis.Tensor] = own = [];
                own.Add((axis.Index, units.Count));
            }
            units.Add((int)size);
        }
        return new(units.ToImmutable(), (value, kept) =>
        {
            if (!axes.TryGetValue(value, out var own)) return shapes[value];
            var shape = shapes[value].ToArray();
            foreach (var (index, group) in own) shape[index] = kept[group];
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
