using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>MatMulIntegerToFloat</c>: the product of quantized A and B (scales one, of B also one a column) plus a bias, a float.</summary>
internal sealed class MatMulIntegerToFloat : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (a, b, scaleA, scaleB) = (inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!);
        var product = IntegerProduct.MatMul(node, a, inputs.ElementAtOrDefault(4), b, inputs.ElementAtOrDefault(5));
        var y = (product * scaleA * scaleB).to(scaleA.dtype);
        return [inputs.ElementAtOrDefault(6) is { } bias ? y + bias : y];
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(6, LearnedKind.Bias)];

    public override long Macs(Node node, Shapes shapes) => shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[0]][^1];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        IntegerProduct.TieMatMul(node, shapes, ties, b: 1, zero: 5, rows: [4], columns: [3, 5]);
        if (node.HasInput(6)) ties.AddBroadcast(node.Inputs[6], node.Outputs[0]);
    }
}
