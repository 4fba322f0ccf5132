using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>RotaryEmbedding</c>: X [batch, length, heads·size] or [batch, heads, length, size] turned by rows of the caches cos
/// and sin [positions, turned / 2]; <c>position_ids</c> are [batch, length], or [1]: the place of the first.
/// </summary>
internal sealed class CachedRotaryEmbedding : Operator
{
    public override string WhyWhole => "turns pairs of it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, positions, cos, sin) = (inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!);
        var (turned, heads) = (node.Int("rotary_embedding_dim"), node.Int("num_heads"));
        if (x.dim() is not (3 or 4) || cos.dim() != 2) throw node.Error("its input or cache has not the axes it needs; check the data's shape");
        var size = turned > 0 && heads > 0 ? x.shape[^1] / heads : 2 * cos.shape[1];
        var split = x.dim() == 4 ? x : DotProductAttention.Split(node, x, size == 0 ? 0 : x.shape[2] / size);
        var length = split.shape[2];
        if (positions.dim() == 1) positions = (positions + arange(length)).expand(x.shape[0], length);
        var y = Rotary.Turn(node, split, Rotary.Rows(node, cos, positions), Rotary.Rows(node, sin, positions), turned, node.Flag("interleaved"));
        return [x.dim() == 4 ? y : DotProductAttention.Merge(y)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, cos, heads) = (node.Inputs[0], node.Inputs[2], node.Int("num_heads"));
        Rotary.Tie(node, shapes, ties, cos, node.Inputs[3], node.Int("rotary_embedding_dim") > 0 && heads > 0 ? heads : shapes[x][^1] / (2 * shapes[cos][1]));
    }

    public override void Mend(Node node, Mending mending) => Rotary.Mend(node, mending);
}
