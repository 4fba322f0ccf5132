using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>The optimal brain surgeon, layer by layer: gᵣ·w²/[H⁻¹]ⱼⱼ with H = E[s·xxᵀ] of the layer's inputs, s how much the loss feels of the output at the place, and gᵣ = E[(∂L/∂yᵣ)²] of the output that the weight adds to.</summary>
/// <remarks>What the loss rises by when the weight goes and the rest of its row makes the best of it. Hassibi &amp; Stork, "Second Order Derivatives for Network
/// Pruning", NIPS 1992, eq. 5; layer by layer in Frantar &amp; Alistarh, "Optimal Brain Compression", NeurIPS 2022, eq. 3 (arXiv:2208.11580). There every output and place counts alike; here as
/// <see cref="Reconstruction.Stakes"/> says.</remarks>
public sealed class Surgeon : Criterion
{
    public override string Summary => "g·w²/[H⁻¹]jj, H of a layer's inputs, g of its outputs: the rise of the loss once the rest is refitted (OBS)";

    public override Needs Needs => Needs.InputMoments;

    public override Tensor Score(Weight weight, Statistics statistics) => statistics.Saliency(weight).clone();
}
