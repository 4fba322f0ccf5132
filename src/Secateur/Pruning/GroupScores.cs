using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>Scores of the units of groups, from the scores of the weights that go with each.</summary>
/// <remarks>
/// Fang et al., "DepGraph: Towards Any Structural Pruning", CVPR 2023, sec. 3.3 (arXiv:2301.12900): a unit's importance is gathered over all
/// layers tied to it, and made comparable between groups by its group's mean.
/// </remarks>
internal sealed class GroupScores(StructureMap map, Criterion criterion, GroupReduction reduction, GroupScale scale)
{
    private readonly Dictionary<string, Tensor> ofWeights = [];

    /// <summary>Scores of one round. Belongs to the caller's dispose scope.</summary>
    /// <param name="groups">Of the map.</param>
    /// <param name="statistics">What the criterion needs.</param>
    /// <param name="cancel">Looked at before each group.</param>
    /// <returns>[units] for each group, float64, at least 0.</returns>
    public Tensor[] Of(IReadOnlyList<Group> groups, Statistics statistics, CancellationToken cancel)
    {
        using var frozen = no_grad();
        using var quiet = QuietHeap.Enter();
        using var scope = NewDisposeScope();
        ofWeights.Clear();
        var weights = map.Learned.Weights.ToDictionary(weight => weight.Name);
        var made = new Tensor[groups.Count];
        for (var i = 0; i < made.Length; i++)
        {
            cancel.ThrowIfCancellationRequested();
            made[i] = Scaled(Reduced(groups[i], weights, statistics)).MoveToOuterDisposeScope();
        }
        ofWeights.Clear();
        return made;
    }

    private Tensor Reduced(Group group, Dictionary<string, Weight> weights, Statistics statistics)
    {
        List<Tensor> members = [];
        foreach (var axis in group.Members.Where(axis => weights.ContainsKey(axis.Tensor)))
        {
            var along = OfWeight(weights[axis.Tensor], statistics).movedim([(long)axis.Index], [0L]).flatten(1).sum(1); // [size of the axis]
            foreach (var units in map.ExtentsOf(axis.Tensor)![axis.Index].UnitsOf(group.Dimension))
            {
                var places = tensor(units);
                var inside = places.ge(0);
                members.Add(zeros(group.Size, ScalarType.Float64).index_add_(0, places[inside], along[inside], 1));
            }
        }
        var all = stack(members, 0); // [members, units]
        return reduction switch
        {
            GroupReduction.Mean => all.mean([0L]),
            GroupReduction.Sum => all.sum(0L),
            GroupReduction.Max => all.amax([0L]),
            GroupReduction.L2 => all.square().sum(0L).sqrt(),
            _ => throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "no such reduction"),
        };
    }

    private Tensor Scaled(Tensor units) => scale switch
    {
        GroupScale.None => units,
        GroupScale.Mean => units / units.mean().clamp_min(1e-30),
        GroupScale.Max => units / units.max().clamp_min(1e-30),
        GroupScale.Sum => units / units.sum().clamp_min(1e-30),
        _ => throw new ArgumentOutOfRangeException(nameof(scale), scale, "no such scale"),
    };

    private Tensor OfWeight(Weight weight, Statistics statistics)
    {
        if (ofWeights.TryGetValue(weight.Name, out var scores)) return scores;
        scores = weight.FromMatrix(criterion.Score(weight, statistics)).to(ScalarType.Float64);
        if (!scores.isfinite().all().item<bool>())
            throw new SecateurException($"weight '{weight.Name}': the criterion gives scores that are not finite; the model or the data holds NaN or infinity");
        return ofWeights[weight.Name] = scores;
    }
}
