using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>DFT</c>: the discrete Fourier transform of a signal [batch, …, 1 or 2] along <c>axis</c> (an attribute before operator set 20,
/// an input since), of <c>dft_length</c>.
/// </summary>
internal sealed class DFT : Operator
{
    public override string WhyWhole => "transforms a signal along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var signal = Fourier.Signal(node, x);
        var axis = node.Opset < 20 ? node.Int("axis", 1) : inputs is [_, _, { } given] && node.Ints(given) is [var only] ? only : -2;
        var along = node.Axis(axis, x.dim());
        if (along == x.dim() - 1) throw node.Error($"axis {axis} is that of the parts of its numbers; export the model again");
        var length = inputs is [_, { } wanted, ..] && node.Ints(wanted) is [var points] ? points : x.shape[along];
        node.Affordable([.. x.shape[..along], length, .. x.shape[(along + 1)..]], x.numel());
        return [Fourier.Transform(node, signal, length, along, node.Flag("inverse"), node.Flag("onesided")).to(x.dtype)];
    }
}
