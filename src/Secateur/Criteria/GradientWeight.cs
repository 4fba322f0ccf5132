using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>Gradient × weight: |w·ḡ| with the gradient ḡ of the loss over all calibration examples, the connection sensitivity.</summary>
/// <remarks>Lee et al., "SNIP: Single-shot Network Pruning based on Connection Sensitivity", ICLR 2019, eq. 6 before normalization (arXiv:1810.02340).</remarks>
public sealed class GradientWeight : Criterion
{
    public override string Summary => "|w·g|, g the mean gradient of the loss (SNIP, Lee et al. 2019)";

    public override Needs Needs => Needs.Gradients;

    public override Tensor Score(Weight weight, Statistics statistics) => (weight.Matrix * statistics.Gradient(weight)).abs();
}
