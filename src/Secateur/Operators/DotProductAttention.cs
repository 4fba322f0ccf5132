using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>What all attention operators share: softmax(scale·Q·Kᵀ + bias)·V, with fewer heads of keys and values than of queries where they are grouped.</summary>
/// <param name="Scale">Null: 1/√(size of a head).</param>
/// <param name="Bias">Added to the scores; broadcast to [batch, heads, queries, keys].</param>
/// <param name="Keep">Where false, a query does not see a key; broadcast as the bias is.</param>
/// <param name="Softcap">Over 0: the scores are bent to softcap·tanh(scores / softcap).</param>
internal sealed record DotProductAttention(Node Node, double? Scale = null, Tensor? Bias = null, Tensor? Keep = null, double Softcap = 0)
{
    /// <summary>The bias of a key that is not seen: far below all others. Finite, so that a query that sees no key gets a mean and not NaN.</summary>
    private const double Unseen = float.MinValue;

    /// <summary>[batch, heads], the logit of a place beside the keys that has no value; null: none.</summary>
    public Tensor? Sink { get; init; }

    /// <param name="q">[batch, heads, queries, size].</param>
    /// <param name="k">[batch, heads / group, keys, size].</param>
    /// <param name="v">[batch, heads / group, keys, value size].</param>
    /// <returns>[batch, heads, queries, value size].</returns>
    public Tensor Run(Tensor q, Tensor k, Tensor v)
    {
        Check(q, k, v);
        if (Softcap > 0 || Sink is not null || k.shape[2] == 0) return Weigh(Stages(q, k).Weights, v);
        var scale = Scale is { } own ? own * Math.Sqrt(q.shape[3]) : 1; // LibTorch divides by the root itself
        return nn.functional.scaled_dot_product_attention(scale == 1 ? q : q * scale, Grouped(k, q), Grouped(v, q), Mask(q, k));
    }

    /// <summary>The products at each stage, [batch, heads, queries, keys]: scaled, bent, with bias, and the weights that sum to 1.</summary>
    public (Tensor Products, Tensor Bent, Tensor Biased, Tensor Weights) Stages(Tensor q, Tensor k)
    {
        Check(q, k, k);
        var products = MatMul.Product(q * (Scale ?? 1 / Math.Sqrt(q.shape[3])), Grouped(k, q).transpose(2, 3));
        var bent = Softcap > 0 ? Softcap * (products / Softcap).tanh() : products;
        var biased = Mask(q, k) is { } mask ? bent + mask : bent;
        if (Sink is null) return (products, bent, biased, biased.softmax(3));
        var beside = Sink.to(biased.dtype).reshape(-1, q.shape[1], 1, 1).expand(q.shape[0], q.shape[1], q.shape[2], 1);
        return (products, bent, biased, cat([biased, beside], 3).softmax(3).narrow(3, 0, k.shape[2]));
    }

    /// <summary>The values' mean by weights from <see cref="Stages"/>.</summary>
    public static Tensor Weigh(Tensor weights, Tensor v) => MatMul.Product(weights, Grouped(v, weights));

    /// <summary>[batch, length, heads·size] to [batch, heads, length, size].</summary>
    public static Tensor Split(Node node, Tensor x, long heads) => x.dim() == 3 && heads > 0 && x.shape[2] % heads == 0
        ? x.reshape(x.shape[0], x.shape[1], heads, x.shape[2] / heads).transpose(1, 2)
        : throw node.Error($"cannot divide [{string.Join(", ", x.shape)}] into {heads} heads; check the data's shape against the model's inputs");

    /// <summary>[batch, heads, length, size] to [batch, length, heads·size].</summary>
    public static Tensor Merge(Tensor x) => x.transpose(1, 2).reshape(x.shape[0], x.shape[2], x.shape[1] * x.shape[3]);

    /// <summary>What went before, then what is new: along axis 2 of [batch, heads, length, size].</summary>
    public static Tensor Append(Node node, Tensor? past, Tensor fresh)
    {
        if (past is null) return fresh;
        var (before, now) = (past.shape, fresh.shape);
        if (before.Length != 4 || now.Length != 4 || before[0] != now[0] || before[1] != now[1] || before[3] != now[3])
            throw node.Error($"cannot append [{string.Join(", ", now)}] to the past's [{string.Join(", ", before)}]; check the data's shape");
        return cat([past, fresh], 2);
    }

    /// <summary>Which keys a query sees when none may look ahead: [queries, keys], the first query at place <paramref name="past"/>.</summary>
    public static Tensor Causal(long queries, long keys, long past) => ones(queries, keys, ScalarType.Bool).tril(past);

    private Tensor? Mask(Tensor q, Tensor k)
    {
        if (Bias is null && Keep is null) return null;
        var bias = Bias ?? zeros(1, q.dtype);
        if (Keep is not null) bias = where(Keep, bias, full(1, Unseen, q.dtype));
        long[] whole = [q.shape[0], q.shape[1], q.shape[2], k.shape[2]];
        var shape = bias.shape;
        if (shape.Length > 4 || shape.Reverse().Zip(whole.Reverse()).Any(pair => pair.First != 1 && pair.First != pair.Second))
            throw Node.Error($"its mask of shape [{string.Join(", ", shape)}] does not fit scores of [{string.Join(", ", whole)}]; check the data's shape");
        return bias.to(q.dtype).expand(whole);
    }

    private static Tensor Grouped(Tensor x, Tensor q) => x.shape[1] == q.shape[1] ? x : x.repeat_interleave(q.shape[1] / x.shape[1], 1);

    private void Check(Tensor q, Tensor k, Tensor v)
    {
        var (a, b, c) = (q.shape, k.shape, v.shape);
        if (a.Length != 4 || b.Length != 4 || c.Length != 4 || a[0] != b[0] || b[0] != c[0] || b[1] == 0 || a[1] % b[1] != 0 || b[1] != c[1]
            || b[2] != c[2] || a[3] != b[3] || a[3] == 0)
            throw Node.Error($"queries [{string.Join(", ", a)}], keys [{string.Join(", ", b)}] and values [{string.Join(", ", c)}] do not fit each other; "
                + "check the data's shape against the model's inputs");
    }
}
