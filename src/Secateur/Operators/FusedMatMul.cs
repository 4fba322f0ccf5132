using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>FusedMatMul</c> and its older name <c>TransposeMatMul</c>: Y = alpha·A·B, each operand's last two axes swapped where
/// <c>transA</c> or <c>transB</c> is set, its first axis moved before its last where <c>transBatchA</c> or <c>transBatchB</c> is.
/// </summary>
internal sealed class FusedMatMul : Operator
{
    public override string WhyWhole => "moves its batch";

    private readonly MatMul product = new();

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var y = product.Run(node, [Turned(node, inputs[0]!, 'A'), Turned(node, inputs[1]!, 'B')], mode)[0];
        return [node.Float("alpha", 1) is var alpha && alpha == 1 ? y : y * alpha];
    }

    public override IEnumerable<Learned> Learned(Node node) =>
        [new(0, LearnedKind.Weight, node.Flag("transA") ? 1 : 0, Rank: 2), new(1, LearnedKind.Weight, node.Flag("transB") ? 0 : 1, Rank: 2)];

    public override long Macs(Node node, Shapes shapes) =>
        shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[0]][shapes[node.Inputs[0]].Length > 1 && node.Flag("transA") ? ^2 : ^1];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (a, b, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        var (rankA, rankB, rankY) = (shapes[a].Length, shapes[b].Length, shapes[y].Length);
        if (node.Flag("transBatchA") || node.Flag("transBatchB") || rankA < 2 || rankB < 2)
        {
            ties.Block(node);
            return;
        }
        var (swapA, swapB) = (node.Flag("transA") ? 1 : 0, node.Flag("transB") ? 1 : 0);
        var inner = new Axis(a, rankA - 1 - swapA);
        ties.Contract(inner, new(b, rankB - 2 + swapB));
        ties.Add(new(a, rankA - 2 + swapA), new(y, rankY - 2));         // rows
        ties.Add(new(b, rankB - 1 - swapB), new(y, rankY - 1));         // columns
        foreach (var (operand, rank) in new[] { (a, rankA), (b, rankB) })
            for (var axis = 0; axis < rank - 2; axis++)
                if (shapes[operand][axis] != 1) ties.Add(new(operand, axis), new(y, rankY - rank + axis));
        if (ties.IsConstant(a) || ties.IsConstant(b)) return;
        ties.Note(inner, Roles.HeadSize);
        ties.Note(new(b, rankB - 1 - swapB), Roles.HeadSize);
        for (var axis = 0; axis < rankY - 2; axis++) ties.Note(new(y, axis), Roles.Head);
    }

    private static Tensor Turned(Node node, Tensor x, char operand)
    {
        var rank = (int)x.dim();
        if (rank > 2 && node.Flag($"transBatch{operand}")) x = x.permute([.. Enumerable.Range(1, rank - 2), 0, rank - 1]);
        return rank > 1 && node.Flag($"trans{operand}") ? x.transpose(-1, -2) : x;
    }
}
