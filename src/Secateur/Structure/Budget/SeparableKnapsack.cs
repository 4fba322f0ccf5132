namespace Secateur.Structure.Budget;

/// <summary>The levels of least loss where each group's cost is taken as if the others stayed as they are.</summary>
/// <remarks>By dynamic programming over the budget in steps; costs are rounded to them, so the answer may be a little over the budget.</remarks>
internal static class SeparableKnapsack
{
    private const int FewestSteps = 2000;
    private const int StepsForGroup = 20;

    /// <param name="around">Where the costs are seen; within the budget, not changed.</param>
    /// <param name="budget">The most that it may cost.</param>
    /// <param name="cancel">Looked at before each group.</param>
    public static Selection Solve(Selection around, double budget, CancellationToken cancel)
    {
        var groups = around.Groups;
        var costs = groups.Select((group, index) => Enumerable.Range(0, group.Levels.Length).Select(level => around.CostTo(index, level)).ToArray()).ToArray();
        var leasts = costs.Select(own => own.Min()).ToArray();
        var room = budget - around.Cost - leasts.Sum(); // beyond the cheapest level of every group
        var chosen = around.Copy();
        if (room <= 0) return chosen;
        var steps = Math.Max(FewestSteps, StepsForGroup * groups.Count);
        var best = new double[steps + 1]; // loss by steps of room used
        var taken = new int[groups.Count][];
        for (var group = 0; group < groups.Count; group++)
        {
            cancel.ThrowIfCancellationRequested();
            (best, taken[group]) = Add(groups[group], costs[group], leasts[group], room, best);
        }
        var left = steps;
        for (var group = groups.Count - 1; group >= 0; group--)
        {
            var level = taken[group][left];
            chosen.Set(group, level);
            left -= Steps(costs[group][level] - leasts[group], room, steps);
        }
        return chosen;
    }

    private static (double[] Best, int[] Taken) Add(UnitGroup group, double[] costs, double least, double room, double[] before)
    {
        var (best, taken) = (new double[before.Length], new int[before.Length]);
        Array.Fill(best, double.PositiveInfinity);
        for (var level = 0; level < group.Levels.Length; level++)
        {
            var (used, loss) = (Steps(costs[level] - least, room, before.Length - 1), group.Loss(group.Levels[level]));
            for (var left = used; left < before.Length; left++)
            {
                var sum = before[left - used] + loss;
                if (sum < best[left]) (best[left], taken[left]) = (sum, level);
            }
        }
        return (best, taken);
    }

    private static int Steps(double cost, double room, int steps) => (int)Math.Min(int.MaxValue / 2, Math.Round(cost / room * steps));
}
