using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Structure;

/// <summary>One axis of a value or constant.</summary>
public readonly record struct Axis(string Tensor, int Index);

/// <summary>Which axes must shrink together: a union-find over axes.</summary>
public sealed class Ties
{
    private readonly Dictionary<Axis, Axis> parents = [];
    private readonly HashSet<Axis> blocked = [];

    /// <summary>Index i of one axis goes when index i of the other goes.</summary>
    public void Add(Axis one, Axis other) => parents[Root(one)] = Root(other);

    /// <summary>Ties these axes to each other; those of values that are left out count for nothing.</summary>
    public void AddAll(Shapes shapes, params ReadOnlySpan<Axis> axes)
    {
        Axis? first = null;
        foreach (var axis in axes)
            if (shapes.Has(axis.Tensor)) Add(first ??= axis, axis);
    }

    /// <summary>Ties the axes of an operand to those of the result that it is broadcast to; an operand's axis of size 1 stays free.</summary>
    public void AddBroadcast(string operand, string result, Shapes shapes)
    {
        if (!shapes.Has(operand) || !shapes.Has(result)) return;
        var (from, to) = (shapes[operand], shapes[result]);
        for (var axis = 0; axis < from.Length; axis++)
            if (from[axis] != 1) Add(new(operand, axis), new(result, to.Length - from.Length + axis));
    }

    /// <summary>Ties each axis of one tensor to the same axis of the other, save those excepted.</summary>
    public void AddAll(string one, string other, Shapes shapes, params ReadOnlySpan<int> except)
    {
        for (var axis = 0; shapes.Has(one) && axis < shapes[one].Length; axis++) // a sequence has no axes
            if (!except.Contains(axis)) Add(new(one, axis), new(other, axis));
    }

    /// <summary>
    /// Ties the axes that a change of shape leaves whole: of one size, with as many elements before them. All others (save of size 1)
    /// are blocked.
    /// </summary>
    public void AddReshape(string one, string other, Shapes shapes)
    {
        var (from, to) = (Places(shapes[one]), Places(shapes[other]));
        foreach (var (place, axis) in from)
        {
            if (to.Remove(place, out var same)) Add(new(one, axis), new(other, same));
            else Block(new Axis(one, axis));
        }
        foreach (var axis in to.Values) Block(new Axis(other, axis));

        static Dictionary<(long Before, long Size), int> Places(ImmutableArray<long> shape)
        {
            Dictionary<(long, long), int> places = [];
            var before = 1L;
            foreach (var (axis, size) in shape.Index())
            {
                if (size != 1) places[(before, size)] = axis;
                before *= size;
            }
            return places;
        }
    }

    /// <summary>Nothing may be removed along this axis.</summary>
    public void Block(Axis axis) => blocked.Add(axis);

    /// <summary>Nothing may be removed along any axis of this node's inputs and outputs, save those excepted: how they are tied is not known.</summary>
    public void Block(Node node, Shapes shapes, params ReadOnlySpan<Axis> except)
    {
        foreach (var name in node.Inputs.Concat(node.Outputs))
            for (var axis = 0; shapes.Has(name) && axis < shapes[name].Length; axis++)
                if (!except.Contains(new(name, axis))) Block(new Axis(name, axis));
    }

    /// <summary>The sets of axes that are tied together, each with whether it may shrink.</summary>
    public IEnumerable<(IReadOnlyList<Axis> Axes, bool Free)> Sets()
    {
        var stuck = blocked.Select(Root).ToHashSet();
        return parents.Keys.ToArray().GroupBy(Root).Select(set => ((IReadOnlyList<Axis>)[.. set], !stuck.Contains(set.Key)));
    }

    private Axis Root(Axis axis)
    {
        if (parents.TryAdd(axis, axis)) return axis;
        while (parents[axis] != axis) axis = parents[axis] = parents[parents[axis]];
        return axis;
    }
}
