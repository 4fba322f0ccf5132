using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX's preview <c>Momentum</c>: V = alpha·V + beta·G; X goes down along V, or with <c>mode</c> nesterov along G + alpha·V.</summary>
internal sealed class MomentumStep : UpdateStep
{
    protected override int Groups => 3;

    protected override Tensor[] Update(Node node, double rate, long step, Tensor[] own, Tensor gradient)
    {
        double alpha = node.Float("alpha");
        var v = alpha * own[2] + (step > 0 ? (double)node.Float("beta") : 1) * gradient;
        return node.Text("mode") switch
        {
            "standard" => [own[0] - rate * v, v],
            "nesterov" => [own[0] - rate * (gradient + alpha * v), v],
            var other => throw node.Error($"attribute mode is '{other}'; standard and nesterov are known"),
        };
    }
}
