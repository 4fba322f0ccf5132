using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>Optimal brain damage with the diagonal of the empirical Fisher information for the Hessian: ½·w²·E[g²], g the gradient of one example.</summary>
/// <remarks>LeCun, Denker, Solla, "Optimal Brain Damage", NIPS 1989, eq. 5; Theis et al., "Faster gaze prediction with dense networks and
/// Fisher pruning", 2018, sec. 2 (arXiv:1801.05787).</remarks>
public sealed class Fisher : Criterion
{
    public override string Summary => "½·w²·E[g²] over single examples, the second-order change of the loss (Fisher diagonal)";

    public override Needs Needs => Needs.ExampleGradients;

    public override Tensor Score(Weight weight, Statistics statistics) => 0.5 * weight.Matrix.square() * statistics.SquaredGradient(weight);
}
