using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>The optimal brain surgeon on each layer's own output: w²/[H⁻¹]ⱼⱼ with H = E[xxᵀ] of the layer's inputs, over the mean square of the layer's output.</summary>
/// <remarks>What the layer's output loses when the weight goes and the rest of its row makes the best of it. Hassibi &amp; Stork, "Second Order Derivatives for Network
/// Pruning", NIPS 1992, eq. 5; layer by layer in Frantar &amp; Alistarh, "Optimal Brain Compression", NeurIPS 2022, eq. 3 (arXiv:2208.11580).</remarks>
public sealed class Surgeon : Criterion
{
    public override string Summary => "w²/[H⁻¹]jj, H of the layer's inputs: what its output loses once the rest is refitted (OBS, OBC)";

    public override Needs Needs => Needs.InputMoments;

    public override Tensor Score(Weight weight, Statistics statistics) => statistics.Saliency(weight).clone();
}
