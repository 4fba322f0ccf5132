using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>DynamicQuantizeMatMul</c>: A, quantized by its own range, times quantized B (a scale and a zero point, one or one a column) plus a bias.</summary>
internal sealed class DynamicQuantizeMatMul : Operator
{
    public override string WhyWhole => "takes the range of all elements";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (b, scaleB) = (inputs[1]!, inputs[2]!);
        var (a, scaleA, zeroA) = DynamicQuantizeLinear.Quantize(inputs[0]!);
        var y = (IntegerProduct.MatMul(node, a, zeroA, b, inputs.ElementAtOrDefault(3)) * scaleA * scaleB).to(scaleB.dtype);
        return [inputs.ElementAtOrDefault(4) is { } bias ? y + bias : y];
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(4, LearnedKind.Bias)];

    public override long Macs(Node node, Shapes shapes) => shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[0]][^1];

    /// <summary>Columns of B alone: A's range is over all of it.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        IntegerProduct.TieMatMul(node, shapes, ties, b: 1, zero: 3, rows: [], columns: [2, 3]);
        if (node.HasInput(4)) ties.AddBroadcast(node.Inputs[4], node.Outputs[0]);
        for (var axis = 0; axis < shapes[node.Inputs[0]].Length; axis++) ties.Block(new Axis(node.Inputs[0], axis));
    }
}
