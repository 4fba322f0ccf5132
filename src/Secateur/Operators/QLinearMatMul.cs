using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>QLinearMatMul</c>: the product of quantized A and B, quantized again; a scale and a zero point after each of A, B, and for Y.</summary>
internal sealed class QLinearMatMul : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (a, scaleA, zeroA, b, scaleB, zeroB, scale, zero) =
            (inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!, inputs[4]!, inputs[5]!, inputs[6]!, inputs[7]!);
        if (scaleA.dim() == 1 && scaleA.numel() > 1) scaleA = scaleA.unsqueeze(1); // one a row
        var product = IntegerProduct.MatMul(node, a, zeroA, b, zeroB);
        return [Quantizer.Requantize(node, product, scaleA * scaleB, scale, zero)];
    }

    public override long Macs(Node node, Shapes shapes) => shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[0]][^1];

    public override void Tie(Node node, Shapes shapes, Ties ties) => IntegerProduct.TieMatMul(node, shapes, ties, b: 3, zero: 5, rows: [1, 2], columns: [4, 5]);
}
