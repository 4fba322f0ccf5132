using System.Collections.Immutable;
using CsCheck;
using Secateur.Structure.Budget;

namespace Secateur.Tests.Structure.Budget;

public sealed class KnapsackTests
{
    /// <summary>Groups with a chain of layers between them: each group has a cost of its own, and each layer one that grows with the product of its two groups.</summary>
    private sealed record Problem(ImmutableArray<UnitGroup> Groups, CostFunction Cost, double Budget)
    {
        public Allotment Choose() => Knapsack.Choose(Groups, Cost, Budget, "ms", TestContext.Current.CancellationToken);

        public double Loss(ReadOnlySpan<int> kept)
        {
            var loss = 0.0;
            for (var group = 0; group < Groups.Length; group++) loss += Groups[group].Loss(kept[group]);
            return loss;
        }

        public IEnumerable<int[]> All() => Groups.Aggregate((IEnumerable<int[]>)[[]], (sum, group) => sum.SelectMany(kept => group.Levels.Select(level => (int[])[.. kept, level])));

        public double BruteForce() => All().Where(kept => Cost.At(kept) <= Budget).Min(kept => Loss(kept));
    }

    private static readonly Gen<UnitGroup> Group =
        Gen.Select(Gen.Double[0, 1].Array[4, 12], Gen.Int[1, 2], Gen.Int[0, 2]).Select((importances, least, multiple) => new UnitGroup(importances, least, 1 << multiple));

    private static Gen<Problem> Chain(int least, int most, double coupling, Gen<UnitGroup>? group = null) =>
        Gen.Select((group ?? Group).Array[least, most], Gen.Double[0.35, 0.95]).SelectMany((groups, share) => Gen.Double[0.1, 1].Array[2 * groups.Length].Select(prices =>
        {
            var own = groups.Select((_, index) => new CostTerm([index], kept => prices[index] * kept[index]));
            var shared = Enumerable.Range(0, groups.Length - 1).Select(index => new CostTerm([index, index + 1], kept => coupling * prices[groups.Length + index] * kept[index] * kept[index + 1]));
            var cost = new CostFunction(0.5, [.. own, .. coupling > 0 ? shared : []]);
            var dense = cost.At([.. groups.Select(one => one.Units)]);
            var fewest = cost.At([.. groups.Select(one => one.Levels[^1])]);
            return new Problem([.. groups], cost, Math.Max(share * dense, fewest));
        }));

    [Fact]
    public void The_budget_is_met_and_no_group_falls_under_its_least_or_off_its_multiple() => Chain(2, 12, 0.2).Sample(problem =>
    {
        var chosen = problem.Choose();
        Assert.True(chosen.Cost <= problem.Budget);
        Assert.Equal(problem.Cost.At(chosen.Kept.AsSpan()), chosen.Cost, 1e-9);
        Assert.Equal(problem.Loss(chosen.Kept.AsSpan()), chosen.Loss, 1e-9);
        Assert.All(problem.Groups.Zip(chosen.Kept), pair => Assert.Contains(pair.Second, pair.First.Levels));
    });

    [Fact]
    public void Separable_costs_are_spent_as_well_as_by_brute_force() => Chain(2, 4, 0).Sample(problem =>
        Assert.InRange(problem.Choose().Loss, 0, 1.02 * problem.BruteForce() + 1e-9));

    [Fact]
    public void Costs_that_meet_are_spent_nearly_as_well_as_by_brute_force() => Chain(2, 4, 0.2).Sample(problem =>
        Assert.InRange(problem.Choose().Loss, 0, 1.02 * problem.BruteForce() + 1e-9));

    [Fact]
    public void A_budget_larger_by_a_tenth_never_loses_more() => Chain(2, 8, 0.2).Sample(problem =>
    {
        var larger = problem with { Budget = 1.1 * problem.Budget };
        Assert.True(larger.Choose().Loss <= problem.Choose().Loss + 1e-9, $"{larger.Choose().Loss} of {larger.Budget}, {problem.Choose().Loss} of {problem.Budget}");
    });

    [Fact]
    public void The_same_problem_has_the_same_answer() => Chain(2, 8, 0.2).Sample(problem => Assert.Equal(problem.Choose().Kept.AsSpan(), problem.Choose().Kept.AsSpan()));

    [Fact]
    public void Nothing_goes_where_the_budget_is_met_already()
    {
        var problem = new Problem([new([1, 2, 3])], new(1, [new([0], kept => kept[0])]), 4);
        Assert.Equal([3], problem.Choose().Kept);
        Assert.Equal(0, problem.Choose().Loss);
    }

    [Fact]
    public void A_flat_stretch_of_cost_is_crossed_whole()
    {
        // 8 down to 5 saves nothing: a kernel that pads to multiples of 4
        var problem = new Problem([new(Enumerable.Repeat(1.0, 8))], new(0, [new([0], kept => (kept[0] + 3) / 4 * 4)]), 4);
        Assert.Equal([4], problem.Choose().Kept);
    }

    [Fact]
    public void A_budget_that_cannot_be_met_is_refused()
    {
        var problem = new Problem([new([1, 2, 3, 4], least: 2)], new(1, [new([0], kept => kept[0])]), 2.5);
        Assert.Equal("a cost of 2.5 ms cannot be met: with the fewest units in every group it is 3, and 5 with all; ask for no less than that, or let more groups or units go",
            Assert.Throws<SecateurException>(problem.Choose).Message);
    }

    [Theory]
    [InlineData(10, 1, 8, new[] { 10, 8 })]
    [InlineData(32, 10, 8, new[] { 32, 24, 16 })]
    [InlineData(4, 1, 1, new[] { 4, 3, 2, 1 })]
    [InlineData(6, 1, 8, new[] { 6 })]
    public void Levels_are_all_units_and_the_multiples_under_them(int units, int least, int multiple, int[] levels) =>
        Assert.Equal(levels, new UnitGroup(new double[units], least, multiple).Levels);
}
