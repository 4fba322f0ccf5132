using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX's preview <c>Adagrad</c>: H = H + G²; X goes down by G/(√H + epsilon), at a rate that falls by <c>decay_factor</c>.</summary>
internal sealed class AdagradStep : UpdateStep
{
    protected override int Groups => 3;

    protected override Tensor[] Update(Node node, double rate, long step, Tensor[] own, Tensor gradient)
    {
        var h = own[2] + gradient * gradient;
        return [own[0] - rate / (1 + step * (double)node.Float("decay_factor")) * gradient / (h.sqrt() + (double)node.Float("epsilon", 1e-6f)), h];
    }
}
