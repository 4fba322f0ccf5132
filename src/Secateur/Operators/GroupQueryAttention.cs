using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>GroupQueryAttention</c>: causal attention of <c>num_heads</c> query heads over <c>kv_num_heads</c> heads of keys and
/// values, with rotary positions, a window of the nearest keys and a cache of the past.
/// </summary>
/// <remarks>
/// Queries [batch, length, heads·size], keys and values likewise, or all packed in the first input. <c>seqlens_k</c> [batch] is each
/// sequence's length less 1; its new tokens stand at its end. The present holds the past and the new, at least as long as the past's
/// buffer.
/// </remarks>
internal sealed class GroupQueryAttention : Operator
{
    public override string WhyWhole => "takes the softmax over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (heads, groups) = (node.Int("num_heads"), node.Int("kv_num_heads"));
        var (q, k, v) = Parts(node, inputs[0]!, Given(1), Given(2), heads, groups);
        var (batch, length) = (q.shape[0], q.shape[2]);
        var (ends, total) = (node.Ints(Required(5)), node.Ints(Required(6)) is [var only] ? only : 0);
        var capacity = Math.Max(Given(3)?.shape is [_, _, var room, _] ? room : 0, total);
        // a prompt starts a sequence, whatever padding follows it; later tokens stand at the end of what is there
        var starts = Array.ConvertAll(ends, end => length == total ? 0 : end + 1 - length);
        if (ends.Length != batch || total < length || Array.Exists(starts, start => start < 0 || start + length > capacity))
            throw node.Error($"its sequences end at [{string.Join(", ", ends)}] of {total} for {batch} times {length} new tokens; check the data");
        node.Affordable([batch, groups, capacity, q.shape[3]], q.numel());
        var places = tensor(starts).unsqueeze(1) + arange(length); // [batch, length]
        if (node.Flag("do_rotary"))
        {
            var (cos, sin) = (Required(7), Required(8));
            var positions = Given(9) ?? places;
            (cos, sin) = (Rotary.Rows(node, cos, positions), Rotary.Rows(node, sin, positions));
            var (turned, interleaved) = (2 * cos.shape[2], node.Flag("rotary_interleaved"));
            (q, k) = (Rotary.Turn(node, q, cos, sin, turned, interleaved), Rotary.Turn(node, k, cos, sin, turned, interleaved));
        }
        (k, v) = (Present(node, Given(3), k, places, capacity), Present(node, Given(4), v, places, capacity));
        var (keys, last) = (arange(capacity), places.reshape(batch, 1, length, 1));
        var seen = keys.le(last);
        if (node.Int("local_window_size", -1) is > 0 and var window) seen = seen.logical_and(keys.gt(last - window));
        var sink = Given(11) ?? (node.Flag("smooth_softmax") ? zeros(heads, q.dtype) : null);
        var (scale, bias) = (node.Float("scale"), Given(10) is { } given && given.shape[^1] < capacity
            ? nn.functional.pad(given, [0, capacity - given.shape[^1]], PaddingModes.Constant, 0) : Given(10));
        var attention = new DotProductAttention(node, scale == 0 ? null : scale, bias, seen, node.Float("softcap")) { Sink = sink };
        return [DotProductAttention.Merge(attention.Run(q, k, v)), k, v];

        Tensor? Given(int index) => index < inputs.Length ? inputs[index] : null;

        Tensor Required(int index) => Given(index) ?? throw node.Error($"its input {index} is missing; export the model again");
    }

    public override long Macs(Node node, Shapes shapes)
    {
        var (y, keys) = (shapes[node.Outputs[0]], node.Outputs.Length > 1 ? shapes[node.Outputs[1]][2] : shapes[node.Outputs[0]][1]);
        return 2 * y[0] * y[1] * keys * y[2];
    }

    /// <summary>Heads of keys and values go with the queries' heads that share them, of those the same one of every share. ONNX Runtime takes heads of certain sizes only.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (q, y, groups) = (node.Inputs[0], node.Outputs[0], node.Int("kv_num_heads"));
        var (group, each) = (ties.Free(groups, "groups"), ties.Free(node.Int("num_heads") / groups, "each"));
        var size = ties.Whole(shapes[y][2] / node.Int("num_heads"), "takes heads of certain sizes only");
        var heads = new HeadTies(shapes, ties);
        if (node.HasInput(1)) heads.Add(q, size, group, each);
        else heads.Add(q, size, ties.Chain(ties.Times(group, each), group, group));
        heads.Add(y, size, group, each);
        foreach (var one in new[] { 1, 2, 3, 4 }.Where(node.HasInput)) heads.Add(node.Inputs[one], size, group);
        foreach (var one in node.Outputs.Skip(1)) heads.Add(one, size, group);
        if (node.HasInput(10)) heads.AddScores(node.Inputs[10], null, null, group, each);
        if (node.HasInput(11)) ties.AddProduct(new(node.Inputs[11], 0), group, each);
        heads.Note([group, each], size);
    }

    public override void Mend(Node node, Mending mending)
    {
        mending.Want("num_heads", mending.Left("groups") * mending.Left("each"));
        mending.Want("kv_num_heads", mending.Left("groups"));
    }

    private static (Tensor Q, Tensor K, Tensor V) Parts(Node node, Tensor q, Tensor? k, Tensor? v, long heads, long groups)
    {
        if (k is not null && v is not null)
            return (DotProductAttention.Split(node, q, heads), DotProductAttention.Split(node, k, groups), DotProductAttention.Split(node, v, groups));
        var all = DotProductAttention.Split(node, q, heads + 2 * groups).split([heads, groups, groups], 1);
        return (all[0], all[1], all[2]);
    }

    /// <summary>The past with the new put in at their places; [batch, heads, capacity, size].</summary>
    private static Tensor Present(Node node, Tensor? past, Tensor fresh, Tensor places, long capacity)
    {
        var (batch, heads, size) = (fresh.shape[0], fresh.shape[1], fresh.shape[3]);
        if (past is not null && (past.dim() != 4 || past.shape[0] != batch || past.shape[1] != heads || past.shape[3] != size))
            throw node.Error($"its past [{string.Join(", ", past.shape)}] does not fit the new [{string.Join(", ", fresh.shape)}]; check the data's shape");
        var missing = capacity - (past?.shape[2] ?? 0);
        var none = zeros([batch, heads, missing, size], fresh.dtype);
        var buffer = past is null ? none : missing > 0 ? cat([past, none], 2) : past;
        return buffer.scatter(2, places.reshape(batch, 1, -1, 1).expand(fresh.shape), fresh);
    }
}
