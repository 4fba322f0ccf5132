using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>QAttention</c>: its <c>Attention</c> of quantized X and weights, a scale and a zero point each, of the weights one or
/// one a column.
/// </summary>
internal sealed class QAttention : Operator
{
    public override string WhyWhole => "takes the softmax over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, w, bias, scaleX, scaleW) = (inputs[0]!, inputs[1]!, inputs[2], inputs[3]!, inputs[4]!);
        if (x.dim() != 3) throw node.Error($"its input has {x.dim()} axes, [batch, length, in] is needed; check the data's shape");
        var product = IntegerProduct.MatMul(node, x, inputs.ElementAtOrDefault(6), w, inputs.ElementAtOrDefault(7)) * scaleX * scaleW;
        return PackedAttention.Attend(node, product.to(scaleX.dtype), bias, inputs.ElementAtOrDefault(5), inputs.ElementAtOrDefault(8), null);
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(2, LearnedKind.Bias)];

    public override long Macs(Node node, Shapes shapes) => PackedAttention.Macs(node, shapes, past: 8);

    /// <summary>Heads may go, and inputs; the scale follows from the size of a head, and no attribute says another.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (w, columns) = (node.Inputs[1], shapes[node.Inputs[1]][1]);
        var size = ties.Whole(columns / 3 / node.Int("num_heads"), "scales by the size of its heads");
        PackedAttention.TieHeads(node, shapes, ties, size, size, past: 8, scores: -1, IntegerProduct.ZeroOf(node, 7, 1));
        foreach (var each in (int[])[4, 7])
            if (node.HasInput(each) && shapes[node.Inputs[each]] is [> 1]) ties.Add(new(node.Inputs[each], 0), new(w, 1));
    }

    public override void Mend(Node node, Mending mending) => mending.Want("num_heads", mending.Left("heads"));
}
