using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Flatten</c>: X as a matrix, the axes before <c>axis</c> by those from it on.</summary>
internal sealed class Flatten : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var axis = node.Int("axis", 1);
        var before = axis == x.dim() ? (int)x.dim() : node.Axis(axis, x.dim());
        return [x.reshape(x.shape[..before].Product(), x.shape[before..].Product())];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties) => ties.AddReshape(node.Inputs[0], node.Outputs[0]);
}
