using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Shape</c>: the sizes of X's axes from <c>start</c> to <c>end</c>, int64.</summary>
internal sealed class Shape : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var shape = inputs[0]!.shape;
        var (start, end) = (Place(node.Int("start")), Place(node.Int("end", shape.Length)));
        return [tensor(start < end ? shape[start..end] : [], ScalarType.Int64)];

        int Place(long axis) => (int)Math.Clamp(axis < 0 ? axis + shape.Length : axis, 0, shape.Length);
    }
}
