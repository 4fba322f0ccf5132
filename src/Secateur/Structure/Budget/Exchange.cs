namespace Secateur.Structure.Budget;

/// <summary>Lowers the loss of a selection that meets its budget: units are given back while there is room, and one group grows where another can shrink for it.</summary>
internal static class Exchange
{
    private const int Most = 150; // changes
    private const int MostRises = 100; // looked at for one change

    /// <param name="selection">Within the budget; changed.</param>
    /// <param name="budget">The most that it may cost.</param>
    /// <param name="cancel">Looked at before each change.</param>
    public static Selection Improve(Selection selection, double budget, CancellationToken cancel)
    {
        for (var change = 0; change < Most; change++)
        {
            cancel.ThrowIfCancellationRequested();
            if (!GiveBack(selection, budget) && !Swap(selection, budget, cancel)) break;
        }
        return selection;
    }

    /// <summary>The group and level that win the most within the room that is left.</summary>
    private static bool GiveBack(Selection selection, double budget)
    {
        var (best, gain) = ((Group: -1, Level: 0), 0.0);
        for (var group = 0; group < selection.Groups.Count; group++)
            for (var level = selection.Level(group) - 1; level >= 0; level--)
            {
                if (selection.Cost + selection.CostTo(group, level) > budget) continue;
                if (-selection.LossTo(group, level) is var own && own > gain) (best, gain) = ((group, level), own);
            }
        return best.Group >= 0 && Try(selection, budget, [best]);
    }

    /// <summary>The first exchange that wins, looked for where the most importance can be had for the least cost.</summary>
    private static bool Swap(Selection selection, double budget, CancellationToken cancel)
    {
        var falls = Enumerable.Range(0, selection.Groups.Count).Select(group => Falls(selection, group)).ToArray();
        var rises = Enumerable.Range(0, selection.Groups.Count)
            .SelectMany(group => Enumerable.Range(0, selection.Level(group)).Select(level => new Move(group, level, -selection.LossTo(group, level), selection.CostTo(group, level))))
            .Where(rise => rise.Importance > 0).OrderByDescending(rise => rise.Importance / Math.Max(1e-300, rise.Cost)).Take(MostRises).ToArray();
        foreach (var rise in rises)
        {
            cancel.ThrowIfCancellationRequested();
            var risen = selection.Copy();
            risen.Set(rise.Group, rise.Level);
            var near = selection.Neighbours(rise.Group).ToHashSet(); // whose falls save another amount now
            for (var group = 0; group < falls.Length; group++)
            {
                if (group == rise.Group) continue;
                foreach (var fall in near.Contains(group) ? Falls(risen, group) : falls[group])
                {
                    if (fall.Importance >= rise.Importance * (1 - 1e-12)) break; // deeper loses more
                    if (fall.Cost < risen.Cost - budget) continue;
                    if (Try(selection, budget, [(rise.Group, rise.Level), (group, fall.Level)])) return true;
                    break;
                }
            }
        }
        return false;
    }

    private static Move[] Falls(Selection selection, int group)
    {
        var own = selection.Level(group);
        return [.. Enumerable.Range(own + 1, selection.Groups[group].Levels.Length - own - 1).Select(level => new Move(group, level, selection.LossTo(group, level), -selection.CostTo(group, level)))];
    }

    /// <summary>Makes the changes, unless they do not win or the sums, made anew, are over the budget.</summary>
    private static bool Try(Selection selection, double budget, ReadOnlySpan<(int Group, int Level)> changes)
    {
        var loss = selection.Loss;
        var before = changes.ToArray().Select(change => (change.Group, Level: selection.Level(change.Group))).ToArray();
        foreach (var (group, level) in changes) selection.Set(group, level);
        if (selection.Cost <= budget && selection.Loss < loss) return true;
        foreach (var (group, level) in before) selection.Set(group, level);
        return false;
    }

    /// <summary>A change of one group's level: the importance and the cost that it gains as it rises, or loses and saves as it falls.</summary>
    private readonly record struct Move(int Group, int Level, double Importance, double Cost);
}
