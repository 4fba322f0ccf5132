using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>First-order Taylor expansion of the squared change of the loss when a weight becomes zero: the mean over batches of (g·w)².</summary>
/// <remarks>Molchanov et al., "Importance Estimation for Neural Network Pruning", CVPR 2019, eq. 8 (arXiv:1906.10771).</remarks>
public sealed class Taylor : Criterion
{
    public override string Summary => "mean of (w·g)² over batches, the first-order change of the loss (Molchanov et al. 2019)";

    public override Needs Needs => Needs.Gradients;

    public override Tensor Score(Weight weight, Statistics statistics) => weight.Matrix.square() * statistics.SquaredGradient(weight);
}
