using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>QAttention</c>: its <c>Attention</c> of quantized X and weights, a scale and a zero point each, of the weights one or
/// one a column.
/// </summary>
internal sealed class QAttention : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, w, bias, scaleX, scaleW) = (inputs[0]!, inputs[1]!, inputs[2], inputs[3]!, inputs[4]!);
        if (x.dim() != 3) throw node.Error($"its input has {x.dim()} axes, [batch, length, in] is needed; check the data's shape");
        var product = IntegerProduct.MatMul(node, x, inputs.ElementAtOrDefault(6), w, inputs.ElementAtOrDefault(7)) * scaleX * scaleW;
        return PackedAttention.Attend(node, product.to(scaleX.dtype), bias, inputs.ElementAtOrDefault(5), inputs.ElementAtOrDefault(8), null);
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(2, LearnedKind.Bias)];

    public override long Macs(Node node, Shapes shapes) => PackedAttention.Macs(node, shapes, past: 8);
}
