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
        var rows = x.shape.Take((int)(axis < 0 ? axis + x.dim() : axis)).Aggregate(1L, (product, size) => product * size);
        return [x.reshape(rows, rows == 0 ? 0 : x.numel() / rows)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties) => ties.AddReshape(node.Inputs[0], node.Outputs[0], shapes);
}
