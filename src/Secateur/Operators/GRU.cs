using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>GRU</c>: gates z, r, h; H' = (1 − z)·h + z·H. The reset r is on H before R, or where <c>linear_before_reset</c> is set on
/// R·H and its bias after.
/// </summary>
internal sealed class GRU : Recurrent
{
    protected override int Gates => 3;

    protected override string[] Activations => ["Sigmoid", "Tanh"];

    protected override Tensor[] Step(Layer layer, Tensor input, Tensor[] state)
    {
        var hidden = state[0];
        var (size, gates) = (hidden.shape[1], input.chunk(3, 1));
        if (layer.Node.Flag("linear_before_reset"))
        {
            var again = functional.linear(hidden, layer.R, layer.Bias).chunk(3, 1);
            var (update, reset) = (layer.Bends[0](gates[0] + again[0]), layer.Bends[0](gates[1] + again[1]));
            return [Mix(update, layer.Bends[1](gates[2] + reset * again[2]))];
        }
        var both = functional.linear(hidden, Rows(layer.R, 0, 2), layer.Bias is { } bias ? Rows(bias, 0, 2) : null).chunk(2, 1);
        var (z, r) = (layer.Bends[0](gates[0] + both[0]), layer.Bends[0](gates[1] + both[1]));
        var fresh = functional.linear(r * hidden, Rows(layer.R, 2, 1), layer.Bias is { } last ? Rows(last, 2, 1) : null);
        return [Mix(z, layer.Bends[1](gates[2] + fresh))];

        Tensor Mix(Tensor keep, Tensor candidate) => (1 - keep) * candidate + keep * hidden;

        Tensor Rows(Tensor all, int first, int count) => all.narrow(0, first * size, count * size);
    }
}
