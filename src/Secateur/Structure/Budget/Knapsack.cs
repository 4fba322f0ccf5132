using System.Collections.Immutable;
using System.Globalization;

namespace Secateur.Structure.Budget;

/// <summary>How many units each group keeps.</summary>
/// <param name="Kept">By group.</param>
/// <param name="Loss">The importance of all that goes.</param>
/// <param name="Cost">Of what is kept; not over the budget.</param>
public sealed record Allotment(ImmutableArray<int> Kept, double Loss, double Cost);

/// <summary>Chooses how many units of each group go, so that a budget is met and the least importance is lost.</summary>
/// <remarks>
/// A knapsack with a choice of levels in each group, as HALP puts it (Shen et al., "Structural Pruning via Latency-Saliency Knapsack",
/// NeurIPS 2022, sec. 3, arXiv:2210.06659; first arXiv:2110.10811), but with a cost in which groups meet: a layer costs what its inputs and its outputs keep together. Such a
/// problem is hard, so the best of these is taken, always the same for the same input:
/// <list type="bullet">
/// <item>steps of the least importance for the cost they save (<see cref="Descent"/>), the costs seen anew as neighbours shrink,</item>
/// <item>the exact answer where the costs are taken as separable around what was found before (<see cref="SeparableKnapsack"/>), a few times,</item>
/// </list>
/// each improved by giving units back and by exchanges between two groups for as long as that lowers the loss (<see cref="Exchange"/>).
/// </remarks>
public static class Knapsack
{
    private const int Linearizations = 3;

    /// <param name="groups">What may go.</param>
    /// <param name="cost">By units kept; falls, or stays, when a group shrinks.</param>
    /// <param name="budget">The most that it may cost.</param>
    /// <param name="unit">Of the cost, for messages, such as <c>ms</c>.</param>
    /// <param name="cancel">Looked at between steps.</param>
    /// <exception cref="SecateurException">Not even the fewest units of every group are within the budget.</exception>
    public static Allotment Choose(IReadOnlyList<UnitGroup> groups, CostFunction cost, double budget, string unit, CancellationToken cancel)
    {
        var dense = new Selection(groups, cost);
        if (dense.Cost <= budget) return dense.ToAllotment();
        var least = dense.Copy();
        for (var group = 0; group < groups.Count; group++) least.Set(group, groups[group].Levels.Length - 1);
        if (least.Cost > budget)
            throw new SecateurException(string.Create(CultureInfo.InvariantCulture, $"a cost of {budget:0.####} {unit} cannot be met: with the fewest units in every group it is {least.Cost:0.####}, "
                + $"and {dense.Cost:0.####} with all; ask for no less than that, or let more groups or units go"));
        var best = Exchange.Improve(Descent.Run(dense.Copy(), budget, cancel) ?? least, budget, cancel);
        for (var round = 0; round < Linearizations; round++)
        {
            var chosen = SeparableKnapsack.Solve(best, budget, cancel);
            if (chosen.Cost > budget && Descent.Run(chosen, budget, cancel) is { } met) chosen = met;
            if (chosen.Cost > budget || Exchange.Improve(chosen, budget, cancel).Loss >= best.Loss) break;
            best = chosen;
        }
        return best.ToAllotment();
    }
}
