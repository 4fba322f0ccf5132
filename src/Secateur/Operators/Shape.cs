using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Shape</c>: the sizes of X's axes from <c>start</c> to <c>end</c>, int64.</summary>
internal sealed class Shape : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (start, count) = Part(node, inputs[0]!.dim());
        return [tensor(inputs[0]!.shape.AsSpan(start, count).ToArray(), ScalarType.Int64)];
    }

    /// <summary>Any axis may shrink: its size is then another, and whoever reads it says what that means to it.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        for (var axis = 0; axis < shapes[node.Inputs[0]].Length; axis++) ties.Pass(new(node.Inputs[0], axis));
    }

    private static (int Start, int Count) Part(Node node, long rank)
    {
        var (start, end) = (Place(node.Int("start")), Place(node.Int("end", rank)));
        return (start, Math.Max(0, end - start));

        int Place(long axis) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
    }
}
