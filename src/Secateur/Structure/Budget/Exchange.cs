namespace Secateur.Structure.Budget;

/// <summary>Lowers the loss of a selection that meets its budget: units are given back while there is room, and one group grows where another can shrink for it.</summary>
internal static class Exchange
{
    private const int Most = 500; // changes

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
        var rises = Enumerable.Range(0, selection.Groups.Count)
            .SelectMany(group => Enumerable.Range(0, selection.Level(group)).Select(level => (Group: group, Level: level)))
            .Select(rise => (rise.Group, rise.Level, Gain: -selection.LossTo(rise.Group, rise.Level), Price: -selection.LossTo(rise.Group, rise.Level) / Math.Max(1e-300, selection.CostTo(rise.Group, rise.Level))))
            .Where(rise => rise.Gain > 0).OrderByDescending(rise => rise.Price).Take(200).ToArray();
        foreach (var rise in rises)
        {
            cancel.ThrowIfCancellationRequested();
            var risen = selection.Copy();
            risen.Set(rise.Group, rise.Level);
            var excess = risen.Cost - budget;
            for (var group = 0; group < selection.Groups.Count; group++)
            {
                if (group == rise.Group) continue;
                for (var level = risen.Level(group) + 1; level < risen.Groups[group].Levels.Length; level++)
                {
                    if (risen.LossTo(group, level) >= rise.Gain * (1 - 1e-12)) break; // deeper loses more
                    if (-risen.CostTo(group, level) < excess) continue;
                    if (Try(selection, budget, [(rise.Group, rise.Level), (group, level)])) return true;
                    break;
                }
            }
        }
        return false;
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
}
