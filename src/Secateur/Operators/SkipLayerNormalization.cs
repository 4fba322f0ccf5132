using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>SkipLayerNormalization</c>: LayerNormalization by gamma and beta of input + skip + bias.</summary>
internal sealed class SkipLayerNormalization : SkipNormalization
{
    protected override int Bias => 4;

    protected override (Tensor Y, Tensor Mean, Tensor Factor) Normalize(Node node, Tensor sum, Tensor?[] learned)
    {
        var epsilon = node.Float("epsilon", 1e-12f);
        var y = nn.functional.layer_norm(sum, [sum.shape[^1]], learned[0], learned.Length > 1 ? learned[1] : null, epsilon);
        if (node.Outputs is [_] or [_, "", "", ..]) return (y, sum, sum);
        var mean = sum.mean([-1L], keepdim: true);
        return (y, mean, ((sum - mean).square().mean([-1L], keepdim: true) + epsilon).rsqrt());
    }
}
