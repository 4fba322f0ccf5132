using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Trilu</c>: the upper (or where <c>upper</c> is 0 the lower) triangle of each matrix in the last two axes, from diagonal k
/// on; zeros elsewhere.
/// </summary>
internal sealed class Trilu : Operator
{
    public override string WhyWhole => "cuts a triangle out along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var diagonal = inputs is [_, { } k] && node.Ints(k) is [var only] ? only : 0;
        return [node.Flag("upper", true) ? inputs[0]!.triu(diagonal) : inputs[0]!.tril(diagonal)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddAll(node.Inputs[0], node.Outputs[0]);
        foreach (var axis in (int[])[1, 2]) ties.Block(new Axis(node.Inputs[0], shapes[node.Inputs[0]].Length - axis));
    }
}
