using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
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

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (a, b, y, inner) = (node.Inputs[0], node.Inputs[3], node.Outputs[0], Gemm.Inner(node));
        ties.Add(new(a, 1 - inner.A), new(y, 0));    // rows
        ties.Contract(new(a, inner.A), new(b, inner.B), IntegerProduct.ZeroOf(node, 5, 1 - inner.B));
        ties.Add(new(b, 1 - inner.B), new(y, 1));    // columns
        foreach (var each in (int[])[4, 5])
            if (node.HasInput(each) && shapes[node.Inputs[each]] is [> 1]) ties.Add(new(node.Inputs[each], 0), new(b, 1 - inner.B));
        if (node.HasInput(6)) ties.AddBroadcast(node.Inputs[6], y);
    }
}
