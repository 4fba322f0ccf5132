using System.Collections.Immutable;

namespace Secateur.Structure.Budget;

/// <summary>The units of a group, as a budget is spent on them: the least important go first.</summary>
public sealed class UnitGroup
{
    private const int MostLevels = 128; // more would take long to choose from, and tell no more

    private readonly double[] lost; // by units gone

    /// <param name="importances">Of each unit, finite, at least 0; groups are compared by them.</param>
    /// <param name="least">Units kept at least, in [1, units].</param>
    /// <param name="multiple">What a shrunken group keeps is a multiple of it, such as 8; at least 1. In a group of over 128 multiples, of two or more of them.</param>
    public UnitGroup(IEnumerable<double> importances, int least = 1, int multiple = 1)
    {
        double[] sorted = [.. importances.Order()];
        if (sorted.Length == 0 || !sorted.All(importance => importance >= 0 && double.IsFinite(importance)))
            throw new ArgumentException("A group has units, their importances are finite and at least 0.", nameof(importances));
        ArgumentOutOfRangeException.ThrowIfNotEqual(least, Math.Clamp(least, 1, sorted.Length));
        ArgumentOutOfRangeException.ThrowIfLessThan(multiple, 1);
        lost = new double[sorted.Length + 1];
        for (var gone = 1; gone < lost.Length; gone++) lost[gone] = lost[gone - 1] + sorted[gone - 1];
        var step = multiple * (1 + sorted.Length / multiple / MostLevels);
        Levels = [sorted.Length, .. Enumerable.Range(least, sorted.Length - least).Where(kept => kept % step == 0).Reverse()];
    }

    public int Units => lost.Length - 1;

    /// <summary>The counts that it may keep, falling from all units.</summary>
    public ImmutableArray<int> Levels { get; }

    /// <summary>The importance that goes with all but the <paramref name="kept"/> most important units.</summary>
    public double Loss(int kept) => lost[Units - kept];
}
