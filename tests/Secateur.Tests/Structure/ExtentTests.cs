using CsCheck;
using Secateur.Structure;

namespace Secateur.Tests.Structure;

/// <summary>The algebra of what axes are made of.</summary>
public sealed class ExtentTests
{
    /// <summary>Trees over a few dimensions, some of which stand in more than one place.</summary>
    private static readonly Gen<(Extent Extent, Dimension[] Dimensions)> Any = Gen.Int[0, 1 << 20].Select(seed =>
    {
        var random = new Random(seed);
        Dimension[] dimensions = [.. Enumerable.Range(0, 3).Select(number => new Dimension(random.Next(1, 5), number))];
        return (Grow(random, dimensions, 3), dimensions);
    });

    [Fact]
    public void As_many_indices_are_kept_as_are_left() => Any.Sample(drawn =>
    {
        var kept = Draw(drawn.Dimensions);
        Assert.Equal(drawn.Extent.Size, drawn.Extent.Kept(kept).Length);
        Assert.Equal(drawn.Extent.Kept(kept).LongCount(stays => stays), drawn.Extent.Left(dimension => kept[dimension].LongCount(stays => stays)));
    }, threads: 1);

    [Fact]
    public void An_index_stays_where_all_units_that_it_belongs_to_stay() => Any.Sample(drawn =>
    {
        var kept = Draw(drawn.Dimensions);
        var stays = drawn.Extent.Kept(kept);
        var rows = drawn.Dimensions.SelectMany(dimension => drawn.Extent.UnitsOf(dimension).Select(row => (dimension, row))).ToArray();
        for (var index = 0; index < stays.Length; index++)
            Assert.Equal(rows.All(one => one.row[index] < 0 || kept[one.dimension][one.row[index]]), stays[index]);
    }, threads: 1);

    [Fact]
    public void Resolved_is_flat_and_the_same() => Any.Sample(drawn =>
    {
        var kept = Draw(drawn.Dimensions);
        var flat = drawn.Extent.Resolved;
        Assert.Equal(drawn.Extent.Size, flat.Size);
        Assert.Equal(Plainly(drawn.Extent, kept), flat.Kept(kept));
        Assert.True(flat is not Joined joined || joined.Parts.All(part => part is not Joined));
        Assert.True(flat is not Product product || product.Factors.All(factor => factor is not Product && factor.Size != 1));
    }, threads: 1);

    [Fact]
    public void A_pin_passes_on_to_what_a_dimension_is_made_of()
    {
        Dimension whole = new(6, 0), outer = new(2, 1), inner = new(3, 2);
        whole.Hold(new("'n' (Op)", "needs it"));
        whole.Bind(Extent.Times([outer, inner]));
        Assert.Equal("node 'n' (Op) needs it", outer.Pin?.ToString());
        Assert.Same(outer.Pin, inner.Pin);
    }

    private static Extent Grow(Random random, Dimension[] dimensions, int depth) => depth == 0 || random.Next(3) == 0 ? dimensions[random.Next(dimensions.Length)]
        : random.Next(2) == 0 ? new Joined([Grow(random, dimensions, depth - 1), Grow(random, dimensions, depth - 1)])
        : new Product([Grow(random, dimensions, depth - 1), Grow(random, dimensions, depth - 1)]);

    private static Dictionary<Dimension, bool[]> Draw(Dimension[] dimensions)
    {
        var random = new Random((int)dimensions.Sum(dimension => dimension.Size * 31));
        return dimensions.ToDictionary(dimension => dimension, dimension => Enumerable.Range(0, (int)dimension.Size).Select(unit => unit == 0 || random.Next(2) == 0).ToArray());
    }

    /// <summary>By the definition, of the tree as it is.</summary>
    private static bool[] Plainly(Extent extent, Dictionary<Dimension, bool[]> kept) => extent switch
    {
        Dimension dimension => kept[dimension],
        Joined joined => [.. joined.Parts.SelectMany(part => Plainly(part, kept))],
        Product product => product.Factors.Select(factor => Plainly(factor, kept)).Aggregate((outer, inner) => [.. outer.SelectMany(one => inner.Select(other => one && other))]),
        _ => throw new InvalidOperationException(),
    };
}
