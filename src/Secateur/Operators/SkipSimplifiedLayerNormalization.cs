using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>SkipSimplifiedLayerNormalization</c>: RMSNormalization by gamma of input + skip + bias.</summary>
internal sealed class SkipSimplifiedLayerNormalization : SkipNormalization
{
    protected override int Bias => 3;

    protected override (Tensor Y, Tensor Mean, Tensor Factor) Normalize(Node node, Tensor sum, Tensor?[] learned)
    {
        var (y, factor) = RootMeanSquare.Normalize(sum, (int)sum.dim() - 1, node.Float("epsilon", 1e-6f));
        return (y * learned[0]!, zeros_like(factor), factor);
    }
}
