using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>Attention</c>: queries, keys and values in one product of X [batch, length, in] by weights [in, q + k + v] and a bias,
/// then attention over <c>num_heads</c> heads.
/// </summary>
/// <remarks>
/// The mask is a length a sequence [batch], ends and then starts [2·batch], or 1 where a key is seen, [batch, keys] or [batch, length,
/// keys]; what is not seen has <c>mask_filter_value</c> added. The past and its successor are [2, batch, heads, length, size].
/// </remarks>
internal sealed class PackedAttention : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, w, bias) = (inputs[0]!, inputs[1]!, Given(2));
        if (node.Flag("do_rotary") || node.Flag("past_present_share_buffer"))
            throw node.Error("turns its queries itself or shares a buffer with its past, which is not known; export the model without");
        var sizes = Sizes(node, w.shape);
        if (x.dim() != 3 || x.shape[2] != w.shape[0] || bias is not null && !bias.shape.AsSpan().SequenceEqual([w.shape[1]]))
            throw node.Error($"cannot multiply [{string.Join(", ", x.shape)}] by [{string.Join(", ", w.shape)}]; check the data's shape against the model's inputs");
        var product = matmul(x, w);
        var parts = (bias is null ? product : product + bias).split(sizes, 2);
        var (q, k, v) = (Heads(parts[0]), Heads(parts[1]), Heads(parts[2]));
        var past = Given(4) is { } before ? Past(node, before) : null;
        (k, v) = (DotProductAttention.Append(node, past?[0], k), DotProductAttention.Append(node, past?[1], v));
        var (filter, scale) = (node.Float("mask_filter_value", -10000), node.Float("scale"));
        var seen = KeyMask.Sum(Given(5), KeyMask.Bias(node, Given(3), x.shape[0], k.shape[2], filter, x.dtype));
        var causal = node.Flag("unidirectional") ? DotProductAttention.Causal(x.shape[1], k.shape[2], past?[0].shape[2] ?? 0) : null;
        var y = new DotProductAttention(node, scale == 0 ? null : scale, seen, causal).Run(q, k, v);
        return node.Outputs.Length == 1 ? [DotProductAttention.Merge(y)] : [DotProductAttention.Merge(y), stack([k, v])];

        Tensor? Given(int index) => index < inputs.Length ? inputs[index] : null;

        Tensor Heads(Tensor part) => DotProductAttention.Split(node, part, node.Int("num_heads"));
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Weight, OutputAxis: 1, Rank: 2), new(2, LearnedKind.Bias)];

    public override long Macs(Node node, Shapes shapes)
    {
        var (x, sizes) = (shapes[node.Inputs[0]], Sizes(node, [.. shapes[node.Inputs[1]]]));
        var keys = x[1] + (node.HasInput(4) ? shapes[node.Inputs[4]][3] : 0);
        return x[0] * x[1] * shapes.Elements(node.Inputs[1]) + x[0] * x[1] * keys * (sizes[0] + sizes[2]);
    }

    private static long[] Sizes(Node node, long[] weights)
    {
        if (weights.Length != 2) throw node.Error($"its weights have {weights.Length} axes, 2 are needed; export the model again");
        var sizes = node.Ints("qkv_hidden_sizes") is { Length: > 0 } given ? given : [.. Enumerable.Repeat(weights[1] / 3, 3)];
        return sizes.Length == 3 && sizes.All(size => size > 0) && sizes[0] == sizes[1] && sizes.Sum() == weights[1] ? sizes
            : throw node.Error($"cannot cut {weights[1]} outputs into queries, keys and values of {string.Join(", ", sizes)}; export the model again");
    }

    private static Tensor[] Past(Node node, Tensor past) => past.dim() == 5 && past.shape[0] == 2 ? past.unbind(0)
        : throw node.Error($"its past has shape [{string.Join(", ", past.shape)}], [2, batch, heads, length, size] is needed; check the data");
}
