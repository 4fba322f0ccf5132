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
        int Place(string name, long otherwise) => (int)Math.Clamp(node.Int(name, otherwise) is < 0 and var back ? back + shape.Length : node.Int(name, otherwise), 0, shape.Length);
        var (start, end) = (Place("start", 0), Place("end", shape.Length));
        return [tensor(start < end ? shape[start..end] : [], ScalarType.Int64)];
    }
}
