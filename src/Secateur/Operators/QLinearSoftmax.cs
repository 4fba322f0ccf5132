using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>QLinearSoftmax</c>: the softmax of X along <c>axis</c>, before operator set 13 (attribute <c>opset</c>) over all axes from it on, quantized.</summary>
internal sealed class QLinearSoftmax : QLinear
{
    public override string WhyWhole => "takes the softmax over it";

    protected override int[] Operands(int inputs) => [0];

    protected override int Result(int inputs) => 3;

    protected override Tensor Apply(Node node, Tensor[] operands, Mode mode) => Normalize(node, operands[0]);

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, rank) = (node.Inputs[0], shapes[node.Inputs[0]].Length);
        ties.AddAll(x, node.Outputs[0]);
        var first = node.Axis("axis", node.Int("opset") >= 13 ? -1 : 1, rank);
        for (var axis = first; axis < (node.Int("opset") >= 13 ? first + 1 : rank); axis++) ties.Block(new Axis(x, axis));
    }

    private static Tensor Normalize(Node node, Tensor x)
    {
        var (opset, shape) = (node.Int("opset"), x.shape);
        var axis = node.Axis("axis", opset >= 13 ? -1 : 1, x.dim());
        return opset >= 13 ? x.softmax(axis) : x.flatten(axis).softmax(axis).reshape(shape);
    }
}
