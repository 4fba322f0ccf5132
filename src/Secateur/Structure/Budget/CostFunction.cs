using System.Collections.Immutable;

namespace Secateur.Structure.Budget;

/// <summary>A part of a cost that a few groups decide.</summary>
/// <param name="kept">Units kept, of all groups.</param>
public delegate double CostAt(ReadOnlySpan<int> kept);

/// <summary>One term of a cost.</summary>
/// <param name="Groups">Those that it depends on; it does not change with any other.</param>
/// <param name="At">Its value, at least 0.</param>
public sealed record CostTerm(ImmutableArray<int> Groups, CostAt At);

/// <summary>What a model costs, in milliseconds, multiply-accumulates, parameters or bytes, by how many units each group keeps: a constant and terms.</summary>
/// <remarks>It is not separable: the term of a layer depends on the group of its inputs and on that of its outputs.</remarks>
/// <param name="Constant">What no group changes.</param>
/// <param name="Terms">All others.</param>
public sealed record CostFunction(double Constant, ImmutableArray<CostTerm> Terms)
{
    /// <summary>The whole cost.</summary>
    /// <param name="kept">Units kept, of all groups.</param>
    public double At(ReadOnlySpan<int> kept)
    {
        var sum = Constant;
        foreach (var term in Terms) sum += term.At(kept);
        return sum;
    }

    /// <summary>The same, all of it times a factor, and something constant added.</summary>
    public CostFunction Scaled(double factor, double added = 0) =>
        new(factor * Constant + added, [.. Terms.Select(term => term with { At = kept => factor * term.At(kept) })]);

    /// <summary>A term that remembers what it was asked for; <paramref name="at"/> is called once for each combination of its groups.</summary>
    internal static CostTerm Remembering(ImmutableArray<int> groups, CostAt at)
    {
        Dictionary<Key, double> known = [];
        return new(groups, kept =>
        {
            var key = Key.Of(groups, kept);
            if (!known.TryGetValue(key, out var value)) known[key] = value = at(kept);
            return value;
        });
    }

    /// <summary>The counts of up to many groups as one value.</summary>
    private readonly record struct Key(UInt128 First, string Rest)
    {
        private const int Packed = 4; // counts of 31 bits in 128

        public static Key Of(ImmutableArray<int> groups, ReadOnlySpan<int> kept)
        {
            UInt128 first = 0;
            foreach (var group in groups.AsSpan()[..Math.Min(Packed, groups.Length)]) first = first << 32 | (uint)kept[group];
            if (groups.Length <= Packed) return new(first, "");
            var rest = new int[groups.Length - Packed];
            for (var i = 0; i < rest.Length; i++) rest[i] = kept[groups[i + Packed]];
            return new(first, string.Join(' ', rest));
        }
    }
}
