using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>Uniformly random, from the run's seed: the baseline that every criterion must beat.</summary>
/// <remarks>Gale et al., "The State of Sparsity in Deep Neural Networks", 2019, sec. 3 (arXiv:1902.09574).</remarks>
public sealed class RandomScore : Criterion
{
    public override string Summary => "random, the baseline that every other must beat";

    public override Tensor Score(Weight weight, Statistics statistics) => statistics.Uniform(weight);
}
