using System.Collections.Immutable;
using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Schedules;

namespace Secateur.Pruning;

/// <summary>Which round of a schedule it is.</summary>
/// <param name="Schedule">How fast it goes.</param>
/// <param name="Number">From 1.</param>
/// <param name="Of">Rounds in all.</param>
internal readonly record struct Round(Schedule Schedule, int Number, int Of)
{
    /// <summary>What of an aim this round shall reach.</summary>
    public double Scheduled(double aim) => Schedule.SparsityAfter(Number, Of, aim);
}

/// <summary>One step of the cycle: scores, a choice of what goes, narrower masks.</summary>
internal abstract class PruneStep
{
    /// <summary>What shall happen to each tensor, and why, in the graph's order.</summary>
    public abstract ImmutableArray<Choice> Choices { get; }

    /// <summary>Elements of all weights, those left alone too: what a sparsity is a fraction of.</summary>
    public abstract long Total { get; }

    /// <summary>What the last run left out whole, in the order in which it went.</summary>
    public ImmutableArray<DroppedLayer> Dropped { get; protected set; } = [];

    /// <summary>The share of all weights that has gone.</summary>
    public virtual double Sparsity(Masks masks, Network network) => masks.Sparsity(network);

    /// <summary>A model without what the masks say has gone.</summary>
    public virtual OnnxModel Remove(Masks masks, OnnxModel model) => model;

    /// <summary>The network without what the masks say has gone; null where nothing has, or where it stays as zeros.</summary>
    public virtual SmallerNetwork? Smaller(Masks masks) => null;

    /// <summary>Puts the network into the state that masks tell, beside the weights that they cover.</summary>
    public virtual void Resume(Masks masks)
    {
    }

    /// <summary>Narrows the masks as far as the round asks.</summary>
    /// <param name="statistics">What the criterion needs.</param>
    /// <param name="masks">What has gone before stays so.</param>
    /// <param name="round">Of the schedule.</param>
    /// <param name="aim">The sparsity that was asked for.</param>
    /// <param name="cancel">Looked at between layers.</param>
    public abstract ScoreHistogram? Run(Statistics statistics, Masks masks, Round round, out double aim, CancellationToken cancel);
}
