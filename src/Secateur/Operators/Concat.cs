using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Concat</c>: the inputs one after the other along <c>axis</c>.</summary>
internal sealed class Concat : Operator
{
    public override string WhyWhole => "joins it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        [cat(Array.ConvertAll(inputs, input => input!), node.Axis("axis", 0, inputs[0]!.dim()))];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var y = node.Outputs[0];
        var joined = node.Axis("axis", 0, shapes[y].Length);
        foreach (var input in node.Inputs) ties.AddAll(input, y, except: joined);
        ties.AddJoined(new(y, joined), node.Inputs.Select(input => new Axis(input, joined)));
    }
}
