using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Attention</c>: Y = softmax(scale·Q·Kᵀ + mask)·V over heads; Q, K, V [batch, heads, length, size] or [batch, length,
/// heads·size].
/// </summary>
/// <remarks>
/// A mask of bools says what is seen, one of floats is added. Past keys and values go before the new ones; both together are
/// outputs. The fourth output is the scores at the stage that <c>qk_matmul_output_mode</c> tells.
/// </remarks>
internal sealed class Attention : Operator
{
    public override string WhyWhole => "takes the softmax over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var flat = inputs[0]!.dim() == 3;
        var (q, k, v) = (Heads(0, "q_num_heads"), Heads(1, "kv_num_heads"), Heads(2, "kv_num_heads"));
        var (pastKey, pastValue) = (Given(4), Given(5));
        if (pastKey is null != pastValue is null) throw node.Error("has past keys or past values alone; export the model again");
        if (Given(6) is not null) throw node.Error("its input nonpad_kv_seqlen is not known; export the model with operator set 23");
        (k, v) = (DotProductAttention.Append(node, pastKey, k), DotProductAttention.Append(node, pastValue, v));
        var mask = Given(3);
        var keep = mask?.dtype == ScalarType.Bool ? mask : null;
        if (node.Flag("is_causal"))
        {
            var causal = DotProductAttention.Causal(q.shape[^2], k.shape[^2], pastKey?.shape[2] ?? 0);
            keep = keep is null ? causal : keep.logical_and(causal);
        }
        var attention = new DotProductAttention(node, node.Has("scale") ? node.Float("scale") : null,
            mask?.dtype == ScalarType.Bool ? null : mask, keep, node.Float("softcap"));
        if (node.Outputs is not [_, _, _, { Length: > 0 }]) return [.. new[] { Shaped(attention.Run(q, k, v)), k, v }.Take(node.Outputs.Length)];
        var stages = attention.Stages(q, k);
        var shown = node.Int("qk_matmul_output_mode") switch
        {
            0 => stages.Products,
            1 => stages.Bent,
            2 => stages.Biased,
            3 => stages.Weights,
            var other => throw node.Error($"attribute qk_matmul_output_mode is {other}; 0 to 3 are known, export the model again"),
        };
        return [Shaped(DotProductAttention.Weigh(stages.Weights, v)), k, v, shown];

        Tensor? Given(int index) => index < inputs.Length ? inputs[index] : null;

        Tensor Heads(int index, string attribute) => flat ? DotProductAttention.Split(node, inputs[index]!, node.Int(attribute)) : inputs[index]!;

        Tensor Shaped(Tensor y) => flat ? DotProductAttention.Merge(y) : y;
    }

    public override long Macs(Node node, Shapes shapes)
    {
        var (q, k, v) = (shapes[node.Inputs[0]], shapes[node.Inputs[1]], shapes[node.Inputs[2]]);
        var keys = k[^2] + (node.HasInput(4) ? shapes[node.Inputs[4]][2] : 0);
        return q.Length == 3 ? q[0] * q[1] * keys * (q[2] + v[2] / Math.Max(1, node.Int("kv_num_heads")) * node.Int("q_num_heads"))
            : q[0] * q[1] * q[2] * keys * (q[3] + v[3]);
    }

    /// <summary>Heads of keys and values go with the queries' heads that share them; of those the same one of every share; and elements of heads.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (q, k, v, y) = (node.Inputs[0], node.Inputs[1], node.Inputs[2], node.Outputs[0]);
        var (mask, scores) = (Name(node.Inputs, 3), Name(node.Outputs, 3));
        string[] keys = [k, Name(node.Inputs, 4), Name(node.Outputs, 1)], values = [v, Name(node.Inputs, 5), Name(node.Outputs, 2)];
        var flat = shapes[q].Length == 3;
        var groups = flat ? node.Int("kv_num_heads") : shapes[k][1];
        var (group, each) = (ties.Free(groups, "groups"), ties.Free((flat ? node.Int("q_num_heads") : shapes[q][1]) / groups, "each"));
        var (size, valueSize) = (ties.Free(SizeOf(node, [.. shapes[k]]), "size"), ties.Free(SizeOf(node, [.. shapes[v]])));
        var heads = new HeadTies(shapes, ties);
        heads.Add(q, size, group, each);
        heads.Add(y, valueSize, group, each);
        foreach (var one in keys) heads.Add(one, size, group);
        foreach (var one in values) heads.Add(one, valueSize, group);
        ties.AddAll([.. keys.Concat(values).Append(q).Append(y).Append(scores).Select(one => new Axis(one, 0))]);
        Axis? queries = node.Flag("is_causal") ? null : heads.Length(q); // where places count, all stay
        heads.AddScores(mask, new Axis(q, 0), queries, group, each);
        heads.AddScores(scores, null, queries, group, each);
        if (queries is { } rows) ties.Add(rows, heads.Length(y));
        ties.Sum(heads.Elements(q));
        heads.Note([group, each], size, valueSize);

        static string Name(IReadOnlyList<string> names, int index) => index < names.Count ? names[index] : "";
    }

    public override void Mend(Node node, Mending mending)
    {
        if (node.Has("q_num_heads")) mending.Want("q_num_heads", mending.Left("groups") * mending.Left("each"));
        if (node.Has("kv_num_heads")) mending.Want("kv_num_heads", mending.Left("groups"));
        if (!node.Has("scale") && SizeOf(node, mending.Before(node.Inputs[1])) is var size && mending.Left("size") != size) mending.Want("scale", (float)(1 / Math.Sqrt(size)));
    }

    /// <summary>Of a head of keys or values.</summary>
    private static long SizeOf(Node node, long[] shape) => shape.Length == 4 ? shape[3] : shape[2] / node.Int("kv_num_heads");
}
