namespace Secateur.Structure.Budget;

/// <summary>Levels chosen for all groups, with their loss and cost kept up to date as single groups change.</summary>
internal sealed class Selection
{
    private readonly CostFunction cost;
    private readonly int[][] termsOf; // by group
    private readonly int[] levels, kept;
    private readonly double[] values; // of the terms

    public Selection(IReadOnlyList<UnitGroup> groups, CostFunction cost)
    {
        (Groups, this.cost) = (groups, cost);
        levels = new int[groups.Count];
        kept = [.. groups.Select(group => group.Units)];
        values = [.. cost.Terms.Select(term => term.At(kept))];
        var uses = cost.Terms.SelectMany((term, index) => term.Groups.Select(group => (group, index))).ToLookup(use => use.group, use => use.index);
        termsOf = [.. Enumerable.Range(0, groups.Count).Select(group => uses[group].ToArray())];
        Cost = Sum();
    }

    private Selection(Selection other)
    {
        (Groups, cost, termsOf, Cost, Loss) = (other.Groups, other.cost, other.termsOf, other.Cost, other.Loss);
        (levels, kept, values) = ([.. other.levels], [.. other.kept], [.. other.values]);
    }

    public IReadOnlyList<UnitGroup> Groups { get; }

    public double Cost { get; private set; }

    public double Loss { get; private set; }

    public int Level(int group) => levels[group];

    public Selection Copy() => new(this);

    /// <summary>What the loss would change by.</summary>
    public double LossTo(int group, int level) => Groups[group].Loss(Groups[group].Levels[level]) - Groups[group].Loss(kept[group]);

    /// <summary>What the cost would change by.</summary>
    public double CostTo(int group, int level)
    {
        var own = kept[group];
        kept[group] = Groups[group].Levels[level];
        var change = 0.0;
        foreach (var term in termsOf[group]) change += cost.Terms[term].At(kept) - values[term];
        kept[group] = own;
        return change;
    }

    public void Set(int group, int level)
    {
        (levels[group], kept[group]) = (level, Groups[group].Levels[level]);
        foreach (var term in termsOf[group]) values[term] = cost.Terms[term].At(kept);
        Cost = Sum(); // anew, so that no error grows
        Loss = Groups.Select((one, index) => one.Loss(kept[index])).Sum();
    }

    /// <summary>The groups whose costs change when this one shrinks, itself among them.</summary>
    public IEnumerable<int> Neighbours(int group) => termsOf[group].SelectMany(term => cost.Terms[term].Groups).Append(group).Distinct();

    public Allotment ToAllotment() => new([.. kept], Loss, Cost);

    // in the order of CostFunction.At, so that the two are equal to the last bit
    private double Sum()
    {
        var sum = cost.Constant;
        foreach (var value in values) sum += value;
        return sum;
    }
}
