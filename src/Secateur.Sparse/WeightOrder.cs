namespace Secateur.Sparse;

/// <summary>How the elements of a tensor lie behind nodes that only lay it out anew: one after the other as before, or as a matrix of them turned.</summary>
/// <remarks>This file is compiled into Secateur.Onnx too, which packs what the provider takes.</remarks>
/// <param name="Shape">That which the last of the nodes gives them.</param>
/// <param name="Leading">Where a matrix was turned, its rows as it lies now; 0 where none was.</param>
internal sealed record WeightOrder(long[] Shape, long Leading = 0)
{
    /// <param name="permutation">Of the axes, as Transpose has it; the reverse where empty.</param>
    /// <returns>Null where it is none, or makes more of the elements than a matrix and its like.</returns>
    public WeightOrder? Transposed(ReadOnlySpan<long> permutation)
    {
        long[] axes = permutation.IsEmpty ? [.. Enumerable.Range(1, Shape.Length).Select(axis => (long)Shape.Length - axis)] : permutation.ToArray();
        if (!axes.Order().SequenceEqual(Enumerable.Range(0, Shape.Length).Select(axis => (long)axis))) return null;
        long[] shape = [.. axes.Select(axis => Shape[axis])], moved = [.. axes.Where(axis => Shape[axis] != 1)];
        var falls = Enumerable.Range(1, Math.Max(0, moved.Length - 1)).Where(at => moved[at] < moved[at - 1]).ToArray();
        if (falls is []) return this with { Shape = shape };
        if (falls is not [var first] || moved[^1] > moved[0]) return null;
        var (ahead, behind) = (Elements(moved.AsSpan(..first)), Elements(moved.AsSpan(first..)));
        return Leading == 0 ? new(shape, ahead) : Leading == behind ? new(shape) : null;
    }

    /// <returns>Null where it has more elements, or fewer.</returns>
    public WeightOrder? Reshaped(long[] shape) => shape.All(extent => extent > 0) && shape.Aggregate(1.0, (product, extent) => product * extent) == Shape.Aggregate(1.0, (product, extent) => product * extent) ? this with { Shape = shape } : null;

    /// <summary>Whether one of both, what it is now and what it was, has the outputs along its second axis, by whether the other one has.</summary>
    /// <returns>Null where what it is now is no such matrix, [first axis, all others].</returns>
    public bool? IsTurned(bool other) => Leading == 0 ? other : Shape is [var rows, ..] && rows == Leading ? !other : null;

    private long Elements(ReadOnlySpan<long> axes)
    {
        var elements = 1L;
        foreach (var axis in axes) elements *= Shape[axis];
        return elements;
    }
}
