using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>MatMulInteger</c>: (A − zero point)·(B − zero point) in int32; A's zero points one or one a row, B's one or one a column.</summary>
internal sealed class MatMulInteger : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        [IntegerProduct.Whole(IntegerProduct.MatMul(node, inputs[0]!, inputs.ElementAtOrDefault(2), inputs[1]!, inputs.ElementAtOrDefault(3)))];

    public override long Macs(Node node, Shapes shapes) => shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[0]][^1];

    public override void Tie(Node node, Shapes shapes, Ties ties) => IntegerProduct.TieMatMul(node, shapes, ties, b: 1, zero: 3, rows: [2], columns: [3]);
}
