using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>RotaryEmbedding</c>: X [batch, heads, length, size] or [batch, length, heads·size] turned by the angles of its positions; cos
/// and sin [positions, turned / 2] with <c>position_ids</c>, without them [batch, length, turned / 2].
/// </summary>
internal sealed class RotaryEmbedding : Operator
{
    public override string WhyWhole => "turns pairs of it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, cos, sin) = (inputs[0]!, inputs[1]!, inputs[2]!);
        if (inputs is [_, _, _, { } positions, ..]) (cos, sin) = (Rotary.Rows(node, cos, positions), Rotary.Rows(node, sin, positions));
        var (turned, interleaved) = (node.Int("rotary_embedding_dim"), node.Flag("interleaved"));
        return [x.dim() != 3 ? Rotary.Turn(node, x, cos, sin, turned, interleaved)
            : DotProductAttention.Merge(Rotary.Turn(node, DotProductAttention.Split(node, x, node.Int("num_heads")), cos, sin, turned, interleaved))];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties) => Rotary.Tie(node, shapes, ties, node.Inputs[1], node.Inputs[2], node.Int("num_heads"));

    public override void Mend(Node node, Mending mending) => Rotary.Mend(node, mending);
}
