using System.Collections.Immutable;

namespace Secateur.Structure;

/// <summary>What the indices of an axis count: a dimension, several one after the other, or the pairs of several, outer to inner.</summary>
internal abstract class Extent(long size)
{
    /// <summary>Indices before anything is removed.</summary>
    public long Size { get; } = size;

    /// <summary>What it is made of as far as is known now: only unbound dimensions, no sum in a sum, no product in a product, no factor of size 1.</summary>
    public abstract Extent Resolved { get; }

    /// <summary>The unbound dimensions that it is made of, in order; one may stand there more than once.</summary>
    public abstract IEnumerable<Dimension> Leaves { get; }

    public static Extent Of(IEnumerable<Extent> parts) =>
        parts.Select(part => part.Resolved).Where(part => part.Size > 0).SelectMany(part => part is Joined joined ? joined.Parts : [part]).ToImmutableArray() is [var only]
            ? only : new Joined([.. parts.Select(part => part.Resolved).Where(part => part.Size > 0).SelectMany(part => part is Joined joined ? joined.Parts : [part])]);

    public static Extent Times(IEnumerable<Extent> factors)
    {
        var all = factors.Select(factor => factor.Resolved).ToArray();
        return all.Where(factor => factor.Size != 1).SelectMany(factor => factor is Product product ? product.Factors : [factor]).ToImmutableArray() switch
        {
            [] => all[0],
            [var only] => only,
            var more => new Product(more),
        };
    }
}

/// <summary>A dimension of its own, until it is found to be made of others. Its indices are the units that can be removed.</summary>
internal sealed class Dimension(long size, int number, Pin? pin = null) : Extent(size)
{
    private Extent? bound;

    /// <summary>In the order in which they were met.</summary>
    public int Number { get; } = number;

    /// <summary>Why none of its units may go; null: they may.</summary>
    public Pin? Pin { get; private set; } = pin;

    public override Extent Resolved => bound is null ? this : bound = bound.Resolved;

    public override IEnumerable<Dimension> Leaves => bound is null ? [this] : Resolved.Leaves;

    /// <summary>Says what it is made of; its pin passes on.</summary>
    public void Bind(Extent to)
    {
        bound = to;
        if (Pin is not null) to.Hold(Pin);
    }

    public void Hold(Pin pin) => Pin ??= pin;
}

/// <summary>One after the other, as Concat joins them. An empty one has no index.</summary>
internal sealed class Joined(ImmutableArray<Extent> parts) : Extent(parts.Sum(part => part.Size))
{
    public ImmutableArray<Extent> Parts { get; } = parts;

    public override Extent Resolved => Parts.All(part => part is not Joined && ReferenceEquals(part, part.Resolved)) ? this : Of(Parts);

    public override IEnumerable<Dimension> Leaves => Parts.SelectMany(part => part.Leaves);
}

/// <summary>Every combination, the last factor counting fastest, as Reshape joins axes.</summary>
internal sealed class Product(ImmutableArray<Extent> factors) : Extent(factors.Aggregate(1L, (product, factor) => product * factor.Size))
{
    public ImmutableArray<Extent> Factors { get; } = factors;

    public override Extent Resolved => Factors.All(factor => factor is not Product && factor.Size != 1 && ReferenceEquals(factor, factor.Resolved)) ? this : Times(Factors);

    public override IEnumerable<Dimension> Leaves => Factors.SelectMany(factor => factor.Leaves);
}

/// <summary>Why a dimension stays whole.</summary>
/// <param name="Node">The node that says so; empty for the edge of the graph.</param>
/// <param name="Why">What it says.</param>
internal sealed record Pin(string Node, string Why)
{
    /// <summary>Of what is only a number of parts, such as the gates of a recurrent layer.</summary>
    public const string Number = "it is a fixed number of parts";

    public override string ToString() => Node.Length == 0 ? Why : $"node {Node} {Why}";
}

/// <summary>Extents under a removal.</summary>
internal static class Extents
{
    /// <summary>Pins all that it is made of.</summary>
    public static void Hold(this Extent extent, Pin pin)
    {
        foreach (var leaf in extent.Leaves) leaf.Hold(pin);
    }

    /// <summary>Which of its indices stay.</summary>
    /// <param name="extent">Any.</param>
    /// <param name="kept">By dimension, which of its units stay; of those left out, all.</param>
    /// <returns>[size].</returns>
    public static bool[] Kept(this Extent extent, IReadOnlyDictionary<Dimension, bool[]> kept)
    {
        switch (extent.Resolved)
        {
            case Dimension dimension: return kept.GetValueOrDefault(dimension) ?? Whole(dimension.Size);
            case Joined joined: return [.. joined.Parts.SelectMany(part => part.Kept(kept))];
            case Product product:
                var combined = Whole(1);
                foreach (var factor in product.Factors)
                {
                    var one = factor.Kept(kept);
                    var next = new bool[combined.Length * one.Length];
                    for (var i = 0; i < next.Length; i++) next[i] = combined[i / one.Length] && one[i % one.Length];
                    combined = next;
                }
                return combined;
            default: throw new InvalidOperationException($"{extent.GetType()} is no extent.");
        }
    }

    /// <summary>How many of its indices stay.</summary>
    /// <param name="extent">Any.</param>
    /// <param name="left">Units that stay of a dimension.</param>
    public static long Left(this Extent extent, Func<Dimension, long> left) => extent.Resolved switch
    {
        Dimension dimension => left(dimension),
        Joined joined => joined.Parts.Sum(part => part.Left(left)),
        Product product => product.Factors.Aggregate(1L, (count, factor) => count * factor.Left(left)),
        _ => throw new InvalidOperationException($"{extent.GetType()} is no extent."),
    };

    /// <summary>The unit of a dimension that each index belongs to; -1 for those that belong to none.</summary>
    /// <returns>One row for each time that the dimension stands in the extent, [size] each.</returns>
    public static IEnumerable<long[]> UnitsOf(this Extent extent, Dimension dimension)
    {
        switch (extent.Resolved)
        {
            case Dimension own:
                if (own == dimension) yield return [.. Enumerable.Range(0, (int)own.Size).Select(index => (long)index)];
                break;
            case Joined joined:
                var before = 0L;
                foreach (var part in joined.Parts)
                {
                    foreach (var inside in part.UnitsOf(dimension))
                    {
                        var row = new long[joined.Size];
                        Array.Fill(row, -1);
                        inside.CopyTo(row, before);
                        yield return row;
                    }
                    before += part.Size;
                }
                break;
            case Product product:
                var inner = product.Size;
                foreach (var factor in product.Factors)
                {
                    inner /= factor.Size;
                    foreach (var inside in factor.UnitsOf(dimension))
                    {
                        var row = new long[product.Size];
                        for (var index = 0L; index < row.Length; index++) row[index] = inside[index / inner % inside.Length];
                        yield return row;
                    }
                }
                break;
        }
    }

    /// <summary>Where all indices stay.</summary>
    public static bool[] Whole(long size)
    {
        var all = new bool[size];
        Array.Fill(all, true);
        return all;
    }
}
