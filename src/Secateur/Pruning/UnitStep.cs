using System.Collections.Immutable;
using System.IO.Enumeration;
using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Structure.Budget;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>A step that takes whole units: channels, heads. Their masks cover all that goes with them, so that the network computes what it will without them.</summary>
internal sealed class UnitStep : PruneStep
{
    private readonly StructureMap map;
    private readonly Recipe recipe;
    private readonly UnitBudget budget;

    /// <param name="map">Of the network that is pruned.</param>
    /// <param name="groups">From <see cref="GroupsOf"/>.</param>
    /// <param name="recipe">Checked.</param>
    /// <param name="budget">Over the same groups.</param>
    public UnitStep(StructureMap map, ImmutableArray<Group> groups, Recipe recipe, UnitBudget budget)
    {
        (this.map, Groups, this.recipe, this.budget) = (map, groups, recipe, budget);
        Total = map.Learned.Weights.Sum(weight => weight.Elements);
        Choices = ChoicesOf(map, groups, recipe);
    }

    public override ImmutableArray<Choice> Choices { get; }

    public override long Total { get; }

    public ImmutableArray<Group> Groups { get; }

    /// <summary>The groups that a recipe lets shrink.</summary>
    /// <exception cref="SecateurException">There is none; the message says what holds them.</exception>
    public static ImmutableArray<Group> GroupsOf(StructureMap map, Recipe recipe)
    {
        var kinds = UnitKinds.Of(recipe.Granularity)!.Value;
        ImmutableArray<Group> groups = [.. map.Groups.Where(group => group.Held is null && kinds.Contains(group.Kind) && Kept(map, group, recipe) is null)];
        if (groups.Length > 0) return groups;
        var held = map.Groups.Where(group => kinds.Contains(group.Kind)).Select(group => group.Held).FirstOrDefault(why => why is not null);
        throw new SecateurException($"{map.Network.Model.Path}: has no {recipe.Granularity} that may go{(held is null ? "" : $" ({held})")}; see inspect, or take another --granularity");
    }

    public override ScoreHistogram? Run(Statistics statistics, Masks masks, Round round, out double aim, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        var kept = Choose([.. Scores(statistics, cancel).Zip(Groups, (units, group) => masks.Units(Key(group)) is { } left ? units * left : units)], budget.Dense - (round.Scheduled(1) * (budget.Dense - budget.Limit)), cancel);
        Narrow(masks, kept);
        aim = masks.Sparsity(map.Learned);
        return null;
    }

    /// <summary>Scores of the units of each group, all above 0. Belongs to the caller's dispose scope.</summary>
    public Tensor[] Scores(Statistics statistics, CancellationToken cancel) =>
        [.. new GroupScores(map, Criterion.All[recipe.Criterion], recipe.GroupReduction, recipe.GroupScale).Of(Groups, statistics, cancel).Select(units => units + 1e-12)];

    /// <summary>Which units stay, by dimension, as the masks say.</summary>
    public IReadOnlyDictionary<Dimension, bool[]> KeptBy(Masks masks) => Groups.Where(group => masks.Units(Key(group)) is not null)
        .ToDictionary(group => group.Dimension, group => masks.Units(Key(group))!.data<bool>().ToArray());

    public override OnnxModel Remove(Masks masks, OnnxModel model) => new Removal(map, KeptBy(masks)).Apply(model);

    public override SmallerNetwork? Smaller(Masks masks)
    {
        var kept = KeptBy(masks);
        if (!kept.Values.Any(stays => stays.Contains(false))) return null;
        var removal = new Removal(map, kept);
        return new(map.Network, removal.Apply, name => [.. map.ExtentsOf(name)!.Select((extent, axis) => extent is null ? null : removal.Kept(new Axis(name, axis)))]);
    }

    /// <summary>The units of each group that stay within a cost, the most important.</summary>
    /// <param name="scores">From <see cref="Scores"/>; 0 for those that have gone.</param>
    /// <param name="limit">In the budget's unit.</param>
    /// <param name="cancel">Looked at between steps.</param>
    public bool[][] Choose(Tensor[] scores, double limit, CancellationToken cancel)
    {
        var all = Array.ConvertAll(scores, units => units.data<double>().ToArray());
        UnitGroup[] groups = [.. all.Zip(Groups, (units, group) => new UnitGroup(units, Least(group), Multiple(group)))];
        var counts = recipe.Allocation == "uniform" ? Uniform(groups, limit) : Knapsack.Choose(groups, budget.Cost, limit, budget.Unit, cancel).Kept;
        return [.. all.Zip(counts, (units, count) =>
        {
            var stays = new bool[units.Length];
            foreach (var unit in units.Index().OrderByDescending(unit => unit.Item).ThenBy(unit => unit.Index).Take(count)) stays[unit.Index] = true;
            return stays;
        })];
    }

    /// <summary>The largest share, the same in every group, that is within the cost.</summary>
    private ImmutableArray<int> Uniform(UnitGroup[] groups, double limit)
    {
        ImmutableArray<int> At(double share) => [.. groups.Select(group => group.Levels.MinBy(level => Math.Abs(level - (share * group.Units))))];
        var (fits, exceeds) = (0.0, 1.0);
        if (budget.Cost.At(At(1).AsSpan()) <= limit) return At(1);
        if (budget.Cost.At(At(0).AsSpan()) is var least && least > limit)
            throw new SecateurException($"a cost of {limit:0.####} {budget.Unit} cannot be met: with the fewest units in every group it is {least:0.####}; ask for no less, or let more groups go");
        while (exceeds - fits > 1e-4)
        {
            var middle = (fits + exceeds) / 2;
            if (budget.Cost.At(At(middle).AsSpan()) <= limit) fits = middle;
            else exceeds = middle;
        }
        return At(fits);
    }

    private int Least(Group group) => (int)Math.Clamp(Math.Ceiling(recipe.LeastKept * group.Size), 1, group.Size);

    /// <summary>Widths of which processors make the most; small groups take smaller steps, heads go one by one.</summary>
    private int Multiple(Group group) => group.Kind == UnitKind.Head ? 1
        : recipe.RoundTo is { } asked ? (int)Math.Min(asked, group.Size)
        : group.Size >= 64 ? 8 : group.Size >= 16 ? 4 : 1;

    private void Narrow(Masks masks, bool[][] kept)
    {
        using var frozen = no_grad();
        var removal = new Removal(map, Groups.Zip(kept).ToDictionary(pair => pair.First.Dimension, pair => pair.Second));
        foreach (var (group, stays) in Groups.Zip(kept)) masks.NarrowUnits(Key(group), tensor(stays));
        foreach (var (name, parameter) in map.Learned.Parameters)
        {
            if (map.ExtentsOf(name) is not { } extents) continue;
            using var scope = NewDisposeScope();
            Tensor? mask = null;
            for (var axis = 0; axis < extents.Length; axis++)
            {
                if (extents[axis] is null || removal.Kept(new Axis(name, axis)) is var stays && !stays.Contains(false)) continue;
                var shape = new long[extents.Length];
                Array.Fill(shape, 1);
                shape[axis] = -1;
                var along = tensor(removal.Kept(new Axis(name, axis))).reshape(shape).expand(parameter.shape);
                mask = mask is null ? along : mask.logical_and(along);
            }
            if (mask is not null) masks.Narrow(name, mask.contiguous());
        }
    }

    /// <summary>Several groups may begin at one weight.</summary>
    private string Key(Group group) => $"{Groups.IndexOf(group)} {group.Name}";

    private static string? Kept(StructureMap map, Group group, Recipe recipe) => recipe.Keep.FirstOrDefault(pattern => map.Learned.Weights
        .Where(weight => group.Members.Any(axis => axis.Tensor == weight.Name && weight.OutputAxes.Contains(axis.Index)))
        .Any(weight => FileSystemName.MatchesSimpleExpression(pattern, weight.Name, ignoreCase: false) || FileSystemName.MatchesSimpleExpression(pattern, weight.Node.Name, ignoreCase: false)));

    private static ImmutableArray<Choice> ChoicesOf(StructureMap map, ImmutableArray<Group> groups, Recipe recipe)
    {
        var network = map.Learned;
        var weights = network.Weights.ToDictionary(weight => weight.Name);
        var free = groups.SelectMany(group => group.Members.Select(axis => (axis.Tensor, group))).ToLookup(use => use.Tensor, use => use.group);
        return
        [
            .. network.Constants.Keys.Where(network.Graph.Consumers.ContainsKey)
                .OrderBy(name => network.Graph.AllNodes.IndexOf(network.Graph.Consumers[name][0]))
                .Select(name => new Choice(name, network.Graph.Consumers[name][0].Name, weights.GetValueOrDefault(name), network.Parameters.ContainsKey(name) && free[name].Any(),
                    free[name].Any() ? $"shrinks with {string.Join(", ", free[name].Distinct().Select(group => $"the {group.Kind.Word()}s of {group.Name}"))}" : Why(map, name, recipe))),
        ];
    }

    private static string Why(StructureMap map, string name, Recipe recipe)
    {
        var own = map.Groups.Where(group => group.Members.Any(axis => axis.Tensor == name)).ToArray();
        return own.Select(group => group.Held).FirstOrDefault(held => held is not null)
            ?? own.Select(group => Kept(map, group, recipe)).Where(pattern => pattern is not null).Select(pattern => $"left alone by keep: {pattern}").FirstOrDefault()
            ?? (own.Length > 0 ? $"has no units of granularity {recipe.Granularity}" : "has no axis that units stand on");
    }
}
