using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>QLinearConv</c>: the convolution of quantized X by quantized W plus a bias [M] in steps of their scales' product, quantized
/// again; a scale and a zero point after each of X, W (one or one an output), and for Y.
/// </summary>
/// <remarks>ONNX Runtime's own of this name may have <c>channels_last</c>: the channels are the last axis of X and Y, not of W.</remarks>
internal sealed class QLinearConv : Operator
{
    public override string WhyWhole => "slides a kernel over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, scaleX, zeroX, w, scaleW, zeroW, scale, zero) =
            (inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!, inputs[4]!, inputs[5]!, inputs[6]!, inputs[7]!);
        var channelsLast = node.Flag("channels_last") && x.dim() > 1;
        if (channelsLast) x = x.movedim([-1L], [1L]);
        var product = IntegerProduct.Conv(node, x, zeroX, w, zeroW);
        if (inputs.ElementAtOrDefault(8) is { } bias) product += PerOutput(bias.to(product.dtype));
        var y = Quantizer.Requantize(node, product, scaleX.reshape(-1) * PerOutput(scaleW), scale, zero);
        return [channelsLast ? y.movedim([1L], [-1L]) : y];

        Tensor PerOutput(Tensor each) => each.numel() == 1 ? each : each.reshape([-1, .. Enumerable.Repeat(1L, (int)x.dim() - 2)]); // [M, 1…]
    }

    public override long Macs(Node node, Shapes shapes) =>
        shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[3]].Skip(1).Aggregate(1L, (product, size) => product * size);

    public override void Tie(Node node, Shapes shapes, Ties ties) =>
        IntegerProduct.TieConv(node, shapes, ties, w: 3, zero: 5, Channels(node, shapes[node.Inputs[0]].Length), each: [4, 5, 8]);

    public override void Mend(Node node, Mending mending) => Conv.MendGroups(node, mending.Before(node.Inputs[3])[1], mending.After(node.Inputs[3])[1], mending,
        Channels(node, mending.Before(node.Inputs[0]).Length));

    private static int Channels(Node node, int rank) => node.Flag("channels_last") && rank > 1 ? rank - 1 : 1;
}
