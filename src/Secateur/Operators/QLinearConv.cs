using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>QLinearConv</c>: the convolution of quantized X by quantized W plus a bias [M] in steps of their scales' product, quantized
/// again; a scale and a zero point after each of X, W (one or one an output), and for Y.
/// </summary>
/// <remarks>ONNX Runtime's own of this name may have <c>channels_last</c>: the channels are the last axis of X and Y, not of W.</remarks>
internal sealed class QLinearConv : Operator
{
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
}
