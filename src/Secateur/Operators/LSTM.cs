using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>LSTM</c>: gates i, o, f, c; C' = f·C + i·c, H' = o·h(C'). <c>P</c> lets i, f see C and o see C'; <c>input_forget</c> sets f
/// = 1 − i.
/// </summary>
internal sealed class LSTM : Recurrent
{
    protected override int Gates => 4;

    protected override int States => 2;

    protected override string[] Activations => ["Sigmoid", "Tanh", "Tanh"];

    protected override Tensor[] Step(Layer layer, Tensor input, Tensor[] state)
    {
        var (hidden, cell) = (state[0], state[1]);
        var gates = (input + functional.linear(hidden, layer.R, layer.Bias)).chunk(4, 1);
        var (i, o, f, c) = (gates[0], gates[1], gates[2], gates[3]);
        var peepholes = layer.Peepholes?.chunk(3, 0); // i, o, f
        var enter = layer.Bends[0](peepholes is null ? i : i + peepholes[0] * cell);
        var keep = layer.Node.Flag("input_forget") ? 1 - enter : layer.Bends[0](peepholes is null ? f : f + peepholes[2] * cell);
        cell = keep * cell + enter * layer.Bends[1](c);
        var leave = layer.Bends[0](peepholes is null ? o : o + peepholes[1] * cell);
        return [leave * layer.Bends[2](cell), cell];
    }
}
