using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Gemm</c>: Y = alpha·A·B + beta·C; A [M, K] and B [K, N] once transposed, C broadcast to [M, N].</summary>
internal sealed class Gemm : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (a, b, c) = (inputs[0]!, inputs[1]!, inputs.Length > 2 ? inputs[2] : null);
        if (a.dim() != 2 || b.dim() != 2) throw node.Error($"its operands have {a.dim()} and {b.dim()} axes, matrices are needed; flatten the input first");
        var (alpha, beta) = (node.Float("alpha", 1), node.Float("beta", 1));
        if (node.Flag("transA")) a = a.t();
        if (node.Flag("transB") && alpha == 1 && beta == 1 && (c is null || c.dim() == 1)) return [nn.functional.linear(a, b, c)];
        if (node.Flag("transB")) b = b.t();
        return [c is not null ? addmm(c, a, b, beta, alpha) : alpha == 1 ? mm(a, b) : alpha * mm(a, b)];
    }

    public override IEnumerable<Learned> Learned(Node node) =>
    [
        new(0, LearnedKind.Weight, OutputAxis: node.Flag("transA") ? 1 : 0),
        new(1, LearnedKind.Weight, OutputAxis: node.Flag("transB") ? 0 : 1),
        new(2, LearnedKind.Bias),
    ];

    public override long Macs(Node node, Shapes shapes) => shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[0]][Inner(node).A];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (a, b, y, inner) = (node.Inputs[0], node.Inputs[1], node.Outputs[0], Inner(node));
        ties.Add(new(a, 1 - inner.A), new(y, 0));    // rows
        ties.Contract(new(a, inner.A), new(b, inner.B));
        ties.Add(new(b, 1 - inner.B), new(y, 1));    // columns
        if (node.HasInput(2)) ties.AddBroadcast(node.Inputs[2], y);
    }

    internal static (int A, int B) Inner(Node node) => (node.Flag("transA") ? 0 : 1, node.Flag("transB") ? 1 : 0);
}
