using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>QGemm</c>: alpha·A·B + C of quantized A [M, K] and B [K, N], once transposed, C in steps of alpha and their scales'
/// product; quantized where a scale for Y is given, else a float.
/// </summary>
internal sealed class QGemm : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (a, scaleA, zeroA, b, scaleB, zeroB) = (inputs[0]!, inputs[1]!, inputs[2], inputs[3]!, inputs[4]!, inputs[5]);
        if (a.dim() != 2 || b.dim() != 2) throw node.Error($"its operands have {a.dim()} and {b.dim()} axes, matrices are needed; flatten the input first");
        var product = IntegerProduct.MatMul(node, node.Flag("transA") ? a.t() : a, zeroA, node.Flag("transB") ? b.t() : b, zeroB);
        if (inputs.ElementAtOrDefault(6) is { } c) product += c.to(product.dtype);
        var step = node.Float("alpha", 1) * scaleA * scaleB;
        return [inputs.ElementAtOrDefault(7) is { } scale ? Quantizer.Requantize(node, product, step, scale, inputs[8]!) : (product * step).to(scaleA.dtype)];
    }

    public override long Macs(Node node, Shapes shapes) => shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[0]][node.Flag("transA") ? 0 : 1];
}
