using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>DynamicQuantizeLinear</c>: X as uint8, with the scale and zero point, further outputs, that just hold all of it and 0.</summary>
internal sealed class DynamicQuantizeLinear : Operator
{
    public override string WhyWhole => "takes the range of all elements";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (y, scale, zero) = Quantize(inputs[0]!);
        return [y, scale, zero];
    }

    public static (Tensor Y, Tensor Scale, Tensor Zero) Quantize(Tensor x)
    {
        var (low, high) = x.numel() == 0 ? (zeros([]), zeros([])) : (x.detach().min().clamp_max(0), x.detach().max().clamp_min(0));
        var width = (high - low) / 255;
        var scale = where(width.eq(0), ones_like(width), width);
        var zero = (-low / scale).round().clamp(0, 255).to(ScalarType.Byte);
        return (Quantizer.Quantize(x, scale, zero, DataType.Uint8), scale, zero);
    }

    /// <summary>The scale depends on all elements: none may go.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties) => ties.Block(node);
}
