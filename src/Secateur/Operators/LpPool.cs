using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>LpPool</c>: the norm (Σ|x|ᵖ)^(1/p) of each window; its gradient is 0 where the norm is.</summary>
internal sealed class LpPool : Pooling
{
    protected override Tensor[] Pool(Node node, Tensor x, Window window, bool ceil)
    {
        var p = node.Int("p", 2);
        if (p < 1) throw node.Error($"attribute p is {p}; a norm needs 1 or more, export the model again");
        var powers = Pad(Pad(x.abs().pow(p), window.TorchPadding, 0), Extension(node, window, x.shape[2..], ceil), 0);
        var sums = Sum(powers, window);
        return [where(sums.gt(0), sums, 1).pow(1.0 / p) * sums.gt(0)];
    }
}
