using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>QLinearConcat</c>: the inputs one after the other along <c>axis</c>, quantized; the result's scale and zero point come first.</summary>
internal sealed class QLinearConcat : QLinear
{
    protected override int[] Operands(int inputs) => [.. Enumerable.Range(0, (inputs - 2) / 3).Select(operand => 2 + 3 * operand)];

    protected override int Result(int inputs) => 0;

    protected override Tensor Apply(Node node, Tensor[] operands, Mode mode) => cat(operands, node.Axis("axis", 0, operands[0].dim()));

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var y = node.Outputs[0];
        var joined = node.Axis("axis", 0, shapes[y].Length);
        string[] parts = [.. Operands(node.Inputs.Length).Select(place => node.Inputs[place])];
        foreach (var part in parts) ties.AddAll(part, y, except: joined);
        ties.AddJoined(new(y, joined), parts.Select(part => new Axis(part, joined)));
    }
}
