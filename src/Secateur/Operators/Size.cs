using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Size</c>: the number of X's elements, an int64 scalar.</summary>
internal sealed class Size : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => [tensor(inputs[0]!.numel(), ScalarType.Int64)];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        for (var axis = 0; axis < shapes[node.Inputs[0]].Length; axis++) ties.Pass(new(node.Inputs[0], axis));
    }
}
