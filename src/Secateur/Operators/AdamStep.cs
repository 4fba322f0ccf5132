using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX's preview <c>Adam</c>: V and H are running means of G and G²; X goes down by V/(√H + epsilon), corrected for the means' start.</summary>
internal sealed class AdamStep : UpdateStep
{
    protected override int Groups => 4;

    protected override Tensor[] Update(Node node, double rate, long step, Tensor[] own, Tensor gradient)
    {
        double alpha = node.Float("alpha", 0.9f), beta = node.Float("beta", 0.999f);
        var (v, h) = (alpha * own[2] + (1 - alpha) * gradient, beta * own[3] + (1 - beta) * gradient * gradient);
        if (step > 0) rate *= Math.Sqrt(1 - Math.Pow(beta, step)) / (1 - Math.Pow(alpha, step));
        var x = own[0] - rate * v / (h.sqrt() + (double)node.Float("epsilon", 1e-6f));
        return [(1 - (double)node.Float("norm_coefficient_post")) * x, v, h];
    }
}
