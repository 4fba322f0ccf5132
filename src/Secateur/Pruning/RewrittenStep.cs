using System.Collections.Immutable;
using Secateur.Criteria;
using Secateur.Execution;

namespace Secateur.Pruning;

/// <summary>A step that takes nothing more: the network was written anew before, and is only trained.</summary>
internal sealed class RewrittenStep(Rewriting plan, Network network) : PruneStep
{
    public override ImmutableArray<Choice> Choices { get; } = plan.Choices(network);

    public override long Total { get; } = network.Weights.Sum(weight => weight.Elements);

    public override double Sparsity(Masks masks, Network network) => plan.Sparsity;

    public override ScoreHistogram? Run(Statistics statistics, Masks masks, Round round, out double aim, CancellationToken cancel)
    {
        aim = plan.Sparsity;
        return null;
    }
}
