using Secateur.Execution;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>The optimal brain surgeon, layer by layer: gᵣ·w²/[H⁻¹]ⱼⱼ with H = E[xxᵀ] of the layer's inputs and gᵣ = E[(∂L/∂yᵣ)²] of the output that the weight adds to.</summary>
/// <remarks>What the loss rises by when the weight goes and the rest of its row makes the best of it. Hassibi &amp; Stork, "Second Order Derivatives for Network
/// Pruning", NIPS 1992, eq. 5; layer by layer in Frantar &amp; Alistarh, "Optimal Brain Compression", NeurIPS 2022, eq. 3 (arXiv:2208.11580). There every output counts alike; here by the
/// diagonal of the second factor of the Fisher information (Martens &amp; Grosse, "Optimizing Neural Networks with Kronecker-factored Approximate Curvature", 2015, sec. 3, arXiv:1503.05671), taken from the
/// weights' own gradients, so that a classifier's rows for symbols that the data never shows go before those that it reads.</remarks>
public sealed class Surgeon : Criterion
{
    public override string Summary => "g·w²/[H⁻¹]jj, H of a layer's inputs, g of its outputs: the rise of the loss once the rest is refitted (OBS)";

    public override Needs Needs => Needs.InputMoments | Needs.ExampleGradients;

    public override Tensor Score(Weight weight, Statistics statistics)
    {
        var outputs = statistics.SquaredGradient(weight).mean([1], keepdim: true); // [out, 1]
        var usual = outputs.mean();
        return usual.ToDouble() > 0 ? statistics.Saliency(weight) * (outputs / usual) : statistics.Saliency(weight).clone(); // without a gradient nothing is known of them
    }
}
