using System.Collections.Immutable;
using Secateur.Allocations;
using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Granularities;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>One step of the cycle: scores, a threshold, narrower masks.</summary>
internal sealed class MaskStep : PruneStep
{
    private const float SmallestScore = 1.2e-38f; // the least normal float: what still stands is never taken for what has gone

    private readonly Network network;
    private readonly Granularity granularity;
    private readonly Allocation allocation;
    private readonly Criterion criterion;
    private readonly string allocationName;
    private readonly Dictionary<string, Tensor> orders = []; // of outputs, as the masks that were last looked at hold them

    public MaskStep(Network network, Recipe recipe)
    {
        this.network = network;
        granularity = Granularity.Parse(recipe.Granularity);
        (allocation, criterion) = (Allocation.All[recipe.Allocation], Criterion.All[recipe.Criterion]);
        allocationName = recipe.Allocation;
        Choices = Choice.Of(network, recipe, granularity);
        Total = network.Weights.Sum(weight => weight.Elements);
    }

    public override ImmutableArray<Choice> Choices { get; }

    public override long Total { get; }

    /// <summary>Which sparsity of all weights the last round shall have, from the scores that a round sees.</summary>
    public Target Target { get; init; } = (_, _) => 0;

    /// <summary>Measures what pruning each layer alone does, for an allocation that asks for it; by the weight's name.</summary>
    public Func<IReadOnlyList<(Choice Choice, Tensor Units)>, IReadOnlyDictionary<string, Curve>>? Sensitivities { get; set; }

    /// <summary>The largest sparsity that the choices allow.</summary>
    public double Reach => Choices.Where(choice => choice.Prune).Sum(choice => (choice.Own ?? choice.Most) * choice.Weight!.Elements) / Total;

    public override ScoreHistogram? Run(Statistics statistics, Masks masks, Round round, out double aim, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        var scored = Score(statistics, masks);
        aim = round.Scheduled(Target(this, scored));
        var counts = Counts(scored, aim, own => round.Scheduled(own), Measures(scored) ? Sensitivities?.Invoke(scored) : null);
        var histogram = Histogram.Of(scored, counts, oneThreshold: allocationName == "global" && scored.All(layer => layer.Choice.Own is null));
        Narrow(masks, scored, counts);
        return histogram;
    }

    /// <summary>Scores of the units of everything that may be pruned. Belongs to the caller's dispose scope.</summary>
    public IReadOnlyList<(Choice Choice, Tensor Units)> Score(Statistics statistics, Masks masks)
    {
        using var quiet = QuietHeap.Enter();
        using var frozen = no_grad();
        List<(Choice, Tensor)> scored = [];
        foreach (var choice in Choices.Where(choice => choice.Prune))
        {
            using var scope = NewDisposeScope();
            var weight = choice.Weight!;
            var scores = criterion.Score(weight, statistics).to(ScalarType.Float32).clamp_min_(SmallestScore);
            // before units are made of them: what has gone is the least also within its N:M group
            if (masks[weight.Name] is { } mask) scores.mul_(weight.ToMatrix(mask));
            var units = granularity.Units(weight, Ordered(weight, scores, masks)).contiguous();
            if (!units.AllFinite())
                throw new SecateurException($"weight '{weight.Name}': the criterion gives scores that are not finite; the model or the data holds NaN or infinity");
            scored.Add((choice, units.MoveToOuterDisposeScope()));
        }
        return scored;
    }

    /// <summary>Whether the allocation asks for what pruning each layer alone does.</summary>
    public bool Measures(IReadOnlyList<(Choice Choice, Tensor Units)> scored) => allocation.Measures && scored.Any(layer => layer.Choice.Own is null);

    /// <summary>How many units each layer loses.</summary>
    /// <param name="scored">From <see cref="Score"/>.</param>
    /// <param name="sparsity">Of all weights, in [0, 1).</param>
    /// <param name="scheduled">What the schedule makes of the own sparsity of a layer outside the allocation.</param>
    /// <param name="losses">Of weights, by name, for an allocation that measures.</param>
    public long[] Counts(IReadOnlyList<(Choice Choice, Tensor Units)> scored, double sparsity, Func<double, double> scheduled, IReadOnlyDictionary<string, Curve>? losses = null)
    {
        var counts = new long[scored.Count];
        List<int> shared = [];
        var removed = 0.0;
        foreach (var (place, (choice, units)) in scored.Index())
        {
            if (choice.Own is not { } own)
            {
                shared.Add(place);
                continue;
            }
            counts[place] = (long)Math.Round(scheduled(own) * units.numel());
            removed += counts[place] * ((double)choice.Weight!.Elements / units.numel());
        }
        if (shared.Count == 0) return counts;
        var candidates = shared.ConvertAll(place => new Candidate(scored[place].Choice.Weight!, scored[place].Units, scored[place].Choice.Most, losses?.GetValueOrDefault(scored[place].Choice.Tensor)));
        var budget = Math.Max(0, Math.Round(sparsity * Total - removed));
        foreach (var (index, count) in allocation.Spread(candidates, (long)budget).Index()) counts[shared[index]] = count;
        return counts;
    }

    /// <summary>Narrows the masks to these counts of the lowest units. The scores are used up.</summary>
    public void Narrow(Masks masks, IReadOnlyList<(Choice Choice, Tensor Units)> scored, long[] counts)
    {
        using var frozen = no_grad();
        foreach (var ((choice, units), count) in scored.Zip(counts))
        {
            using var scope = NewDisposeScope();
            var weight = choice.Weight!;
            masks.Narrow(weight.Name, Mask(choice, units, count));
            units.Dispose();
        }
    }

    /// <summary>bool in the weight's own shape: false for so many of the lowest units.</summary>
    public Tensor Mask(Choice choice, Tensor units, long count)
    {
        var mask = granularity.Spread(choice.Weight!, Threshold.KeepMask(units, count));
        return choice.Weight!.FromMatrix(orders.TryGetValue(choice.Tensor, out var order) ? empty_like(mask).index_copy_(0, order, mask) : mask);
    }

    /// <summary>The scores with outputs side by side whose weights go together: as they were when the first went.</summary>
    private Tensor Ordered(Weight weight, Tensor scores, Masks masks)
    {
        if (granularity.AlikeOutputs == 1) return scores;
        if (masks.Order(weight.Name) is null && AlikeOutputs.Order(weight, scores, granularity.AlikeOutputs) is { } chosen) masks.SetOrder(weight.Name, chosen);
        if (masks.Order(weight.Name) is not { } order) return scores;
        orders[weight.Name] = order;
        return scores.index_select(0, order);
    }
}
