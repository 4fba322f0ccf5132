using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
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
    public override string WhyWhole => "takes the softmax over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, w) = (inputs[0]!, inputs[1]!);
        if (x.dim() != 3 || w.dim() != 2 || x.shape[2] != w.shape[0])
            throw node.Error($"cannot multiply [{string.Join(", ", x.shape)}] by [{string.Join(", ", w.shape)}]; check the data's shape against the model's inputs");
        return Attend(node, MatMul.Product(x, w), Given(2), Given(3), Given(4), Given(5));

        Tensor? Given(int index) => index < inputs.Length ? inputs[index] : null;
    }

    /// <summary>All after the product.</summary>
    /// <param name="node">With the heads, and what else its attributes say.</param>
    /// <param name="product">[batch, length, q + k + v].</param>
    /// <param name="bias">[q + k + v], or null.</param>
    /// <param name="mask">As <see cref="KeyMask"/> has it, or null.</param>
    /// <param name="past">[2, batch, heads, past length, size], or null.</param>
    /// <param name="scores">Added to the scores, or null.</param>
    public static Tensor[] Attend(Node node, Tensor product, Tensor? bias, Tensor? mask, Tensor? past, Tensor? scores)
    {
        if (node.Flag("do_rotary") || node.Flag("past_present_share_buffer"))
            throw node.Error("turns its queries itself or shares a buffer with its past, which is not known; export the model without");
        var (batch, length, width) = (product.shape[0], product.shape[1], product.shape[2]);
        if (bias is not null && !bias.shape.AsSpan().SequenceEqual([width]))
            throw node.Error($"its bias has shape [{string.Join(", ", bias.shape)}], [{width}] is needed; export the model again");
        var parts = (bias is null ? product : product + bias).split(Sizes(node, width), 2);
        var (q, k, v) = (Heads(parts[0]), Heads(parts[1]), Heads(parts[2]));
        var before = past is null ? null : Past(node, past);
        (k, v) = (DotProductAttention.Append(node, before?[0], k), DotProductAttention.Append(node, before?[1], v));
        var (filter, scale) = (node.Float("mask_filter_value", -10000), node.Float("scale"));
        var seen = KeyMask.Sum(scores, KeyMask.Bias(node, mask, batch, k.shape[2], filter, product.dtype));
        var causal = node.Flag("unidirectional") ? DotProductAttention.Causal(length, k.shape[2], before?[0].shape[2] ?? 0) : null;
        var y = new DotProductAttention(node, scale == 0 ? null : scale, seen, causal).Run(q, k, v);
        return node.Outputs.Length == 1 ? [DotProductAttention.Merge(y)] : [DotProductAttention.Merge(y), stack([k, v])];

        Tensor Heads(Tensor part) => DotProductAttention.Split(node, part, node.Int("num_heads"));
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Weight, OutputAxis: 1, Rank: 2), new(2, LearnedKind.Bias)];

    public override long Macs(Node node, Shapes shapes) => Macs(node, shapes, past: 4);

    /// <summary>Those of the product and of the attention.</summary>
    /// <param name="node">X is its first input, the weights its second.</param>
    /// <param name="shapes">Of all values.</param>
    /// <param name="past">The place of the past among its inputs.</param>
    public static long Macs(Node node, Shapes shapes, int past)
    {
        var (x, weights) = (shapes[node.Inputs[0]], shapes[node.Inputs[1]]);
        var (sizes, keys) = (Sizes(node, weights[1]), x[1] + (node.HasInput(past) ? shapes[node.Inputs[past]][3] : 0));
        return x[0] * x[1] * (weights[0] * weights[1] + keys * (sizes[0] + sizes[2]));
    }

    /// <summary>Heads may go, elements of heads, and inputs.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (sizes, heads) = (Sizes(node, shapes[node.Inputs[1]][1]), node.Int("num_heads"));
        var size = ties.Free(sizes[0] / heads, "size");
        // what is past stacks keys and values
        TieHeads(node, shapes, ties, size, node.HasInput(4) || node.Outputs.Length > 1 ? size : ties.Free(sizes[2] / heads, "value size"), past: 4, scores: 5, zero: null);
    }

    /// <summary>Ties the axes of packed attention.</summary>
    /// <param name="size">Of a head of queries and keys.</param>
    /// <param name="valueSize">Of a head of values.</param>
    /// <param name="past">The place of the past.</param>
    /// <param name="scores">The place of what is added to the scores; -1: none.</param>
    /// <param name="zero">Of quantized weights.</param>
    internal static void TieHeads(Node node, Shapes shapes, Ties ties, Factor size, Factor valueSize, int past, int scores, Zero? zero)
    {
        var (x, w, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        var head = ties.Free(node.Int("num_heads"), "heads");
        var packed = ties.Chain(ties.Times(head, size), ties.Times(head, size), ties.Times(head, valueSize));
        ties.Contract(new(x, 2), new(w, 0), zero);
        ties.AddProduct(new(w, 1), packed);
        ties.Sum(new(w, 1), zero); // queries by keys
        if (node.HasInput(2))
        {
            ties.AddProduct(new(node.Inputs[2], 0), packed);
            ties.Sum(new Axis(node.Inputs[2], 0));
        }
        ties.AddProduct(new(y, 2), head, valueSize);
        foreach (var one in node.Outputs.Skip(1).Concat(node.HasInput(past) ? [node.Inputs[past]] : []).Where(shapes.Has))
        {
            ties.AddProduct(new(one, 2), head);
            ties.AddProduct(new(one, 4), size);
        }
        var heads = new HeadTies(shapes, ties);
        if (scores >= 0 && node.HasInput(scores)) heads.AddScores(node.Inputs[scores], null, null, head);
        heads.Note([head], size, valueSize);
    }

    public override void Mend(Node node, Mending mending)
    {
        var (before, heads) = (Sizes(node, mending.Before(node.Inputs[1])[1]), mending.Left("heads"));
        var (size, values) = (heads * mending.Left("size"), mending.After(node.Outputs[0])[2]);
        mending.Want("num_heads", heads);
        if (node.Has("qkv_hidden_sizes") || size != values) mending.Want("qkv_hidden_sizes", [size, size, values]);
        if (node.Float("scale") == 0 && before[0] / node.Int("num_heads") is var one && mending.Left("size") != one) mending.Want("scale", (float)(1 / Math.Sqrt(one)));
    }

    private static long[] Sizes(Node node, long width)
    {
        var sizes = node.Ints("qkv_hidden_sizes") is { Length: > 0 } given ? given : [.. Enumerable.Repeat(width / 3, 3)];
        return sizes.Length == 3 && sizes.All(size => size > 0) && sizes[0] == sizes[1] && sizes.Sum() == width ? sizes
            : throw node.Error($"cannot cut {width} outputs into queries, keys and values of {string.Join(", ", sizes)}; export the model again");
    }

    private static Tensor[] Past(Node node, Tensor past) => past.dim() == 5 && past.shape[0] == 2 ? past.unbind(0)
        : throw node.Error($"its past has shape [{string.Join(", ", past.shape)}], [2, batch, heads, length, size] is needed; check the data");
}
