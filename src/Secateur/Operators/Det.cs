using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Det</c>: the determinant of each matrix in the last two axes.</summary>
internal sealed class Det : Operator
{
    public override string WhyWhole => "works on whole matrices";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => inputs[0]!.shape is [.., var rows, var columns] && rows == columns
        ? [linalg.det(inputs[0]!)]
        : throw node.Error($"its input [{string.Join(", ", inputs[0]!.shape)}] holds no square matrices; check the data's shape");

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        ties.AddAll(y, x);
        foreach (var back in (int[])[1, 2]) ties.Block(new Axis(x, shapes[x].Length - back));
    }
}
