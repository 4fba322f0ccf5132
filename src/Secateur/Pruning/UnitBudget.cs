using Secateur.Structure.Budget;

namespace Secateur.Pruning;

/// <summary>What a network without some of its units may cost at most.</summary>
/// <param name="Cost">By units kept of each group, in the order of the step's groups.</param>
/// <param name="Dense">With all units.</param>
/// <param name="Limit">The most in the end.</param>
/// <param name="Unit">Of the cost, for messages: <c>parameters</c>, <c>MACs</c>, <c>bytes</c>, <c>ms</c>.</param>
internal sealed record UnitBudget(CostFunction Cost, double Dense, double Limit, string Unit)
{
    /// <summary>A share of what the dense network costs.</summary>
    public UnitBudget Share(double share) => this with { Limit = share * Dense };
}
