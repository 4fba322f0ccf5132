using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>RNN</c>: H' = f(W·x + R·H + B).</summary>
internal sealed class RNN : Recurrent
{
    protected override int Gates => 1;

    protected override string[] Activations => ["Tanh"];

    protected override Tensor[] Step(Layer layer, Tensor input, Tensor[] state) =>
        [layer.Bends[0](input + functional.linear(state[0], layer.R, layer.Bias))];
}
