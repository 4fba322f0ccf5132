using System.Collections.Immutable;

namespace Secateur.Execution;

/// <summary>How the axes of a value are made of those of the constant that it lays out anew: both are products of the same factors.</summary>
internal sealed record AxisLayout
{
    private AxisLayout(ImmutableArray<long> factors, ImmutableArray<ImmutableArray<int>> own, ImmutableArray<ImmutableArray<int>> axes) =>
        (Factors, Own, Axes) = (factors, own, axes);

    /// <summary>Sizes other than 1, in the order of the constant's elements.</summary>
    public ImmutableArray<long> Factors { get; }

    /// <summary>The factors of each axis of the value, outermost first.</summary>
    public ImmutableArray<ImmutableArray<int>> Axes { get; }

    /// <summary>Whether an axis of the value holds parts of several of the constant's that no factors tell apart: the value is then seen as the constant.</summary>
    public bool IsMixed { get; private init; }

    /// <summary>Of the value.</summary>
    public long[] Shape => [.. Axes.Select(Size)];

    private ImmutableArray<ImmutableArray<int>> Own { get; }

    /// <summary>The value is the constant.</summary>
    public static AxisLayout Of(IEnumerable<long> shape)
    {
        var factors = ImmutableArray.CreateBuilder<long>();
        ImmutableArray<ImmutableArray<int>> axes = [.. shape.Select(size => size == 1 ? [] : Add(size))];
        return new(factors.ToImmutable(), axes, axes);

        ImmutableArray<int> Add(long size)
        {
            factors.Add(size);
            return [factors.Count - 1];
        }
    }

    /// <summary>Elements along an axis of the value, or of any other product of factors.</summary>
    public long Size(ImmutableArray<int> factors) => factors.Aggregate(1L, (product, factor) => product * Factors[factor]);

    /// <summary>The constant's axis that is the whole of this axis of the value; -1 where there is none.</summary>
    public int OwnAxis(int axis) => Own.Select((own, index) => (own, index)).Where(pair => pair.own.SequenceEqual(Axes[axis])).Select(pair => pair.index).FirstOrDefault(-1);

    /// <summary>Null where the axes are not each named once.</summary>
    /// <param name="permutation">For each axis of the result the value's.</param>
    public AxisLayout? Permuted(long[] permutation) => !permutation.Order().SequenceEqual(Enumerable.Range(0, Axes.Length).Select(axis => (long)axis)) ? null
        : new(Factors, Own, [.. permutation.Select(axis => Axes[(int)axis])]) { IsMixed = IsMixed };

    /// <summary>The value's elements, in their order, in another shape.</summary>
    /// <param name="shape">Of as many elements.</param>
    public AxisLayout Reshaped(long[] shape)
    {
        var (factors, own) = (Factors.ToList(), Own.ToList());
        var rest = Axes.SelectMany(axis => axis).ToList();
        List<ImmutableArray<int>> axes = [];
        foreach (var size in shape)
        {
            var (axis, left) = (ImmutableArray.CreateBuilder<int>(), size);
            while (left > 1)
            {
                if (rest.Count == 0) return Mixed();
                var factor = factors[rest[0]];
                if (factor == 0 || left % factor != 0)
                {
                    if (factor % left != 0) return Mixed();
                    Split(rest[0], left);
                }
                left /= factors[rest[0]];
                axis.Add(rest[0]);
                rest.RemoveAt(0);
            }
            axes.Add(axis.ToImmutable());
        }
        return new([.. factors], [.. own], [.. axes]) { IsMixed = IsMixed };

        AxisLayout Mixed() => Of(shape) with { IsMixed = true };

        // factor `index` becomes two: `outer`, and what is left of it
        void Split(int index, long outer)
        {
            factors.Insert(index + 1, factors[index] / outer);
            factors[index] = outer;
            for (var i = 0; i < own.Count; i++) own[i] = Moved(own[i]);
            for (var i = 0; i < axes.Count; i++) axes[i] = Moved(axes[i]);
            rest = [.. Moved([.. rest])];

            ImmutableArray<int> Moved(ImmutableArray<int> parts) =>
                [.. parts.SelectMany(part => part == index ? (int[])[part, part + 1] : [part > index ? part + 1 : part])];
        }
    }
}
