using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>MultiHeadAttention</c>: attention over <c>num_heads</c> heads of queries, keys and values that are computed already,
/// [batch, length, heads·size], after adding a bias [q + k + v].
/// </summary>
/// <remarks>
/// Keys and values may come as [batch, heads, length, size], or packed: all in the first input [batch, length, heads, 3, size], or both
/// in the second [batch, length, heads, 2, size]. The mask is as in <see cref="KeyMask"/>.
/// </remarks>
internal sealed class MultiHeadAttention : Operator
{
    public override string WhyWhole => "takes the softmax over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        if (Given(8) is not null || Given(9) is not null)
            throw node.Error("shares a buffer with its past, which is not known; export the model without");
        var (q, k, v) = Parts(node, inputs[0]!, Given(1), Given(2));
        if (Given(3) is { } bias)
        {
            var pieces = Bias(node, bias, q, v);
            (q, k, v) = (q + pieces[0], k + pieces[1], v + pieces[2]);
        }
        (k, v) = (DotProductAttention.Append(node, Given(6), k), DotProductAttention.Append(node, Given(7), v));
        var (filter, scale) = (node.Float("mask_filter_value", -10000), node.Float("scale"));
        var seen = KeyMask.Sum(Given(5), KeyMask.Bias(node, Given(4), q.shape[0], k.shape[2], filter, q.dtype));
        var causal = node.Flag("unidirectional") ? DotProductAttention.Causal(q.shape[2], k.shape[2], Given(6)?.shape[2] ?? 0) : null;
        return [DotProductAttention.Merge(new DotProductAttention(node, scale == 0 ? null : scale, seen, causal).Run(q, k, v)), k, v];

        Tensor? Given(int index) => index < inputs.Length ? inputs[index] : null;
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(3, LearnedKind.Bias)];

    public override long Macs(Node node, Shapes shapes)
    {
        var (q, y) = (shapes[node.Inputs[0]], shapes[node.Outputs[0]]);
        var keys = node.HasInput(1) ? shapes[node.Inputs[1]] : q;
        var length = (keys.Length == 4 ? keys[2] : keys[1]) + (node.HasInput(6) ? shapes[node.Inputs[6]][2] : 0);
        return q[0] * q[1] * length * (q.Skip(2).Aggregate(1L, (product, size) => product * size) / (q.Length == 5 ? 3 : 1) + y[2]);
    }

    /// <summary>Heads may go, and elements of heads, where queries, keys and values come apart.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        if (!node.HasInput(1) || !node.HasInput(2) || shapes[node.Inputs[0]].Length != 3)
        {
            ties.Block(node); // packed
            return;
        }
        var (q, v, y) = (node.Inputs[0], node.Inputs[2], node.Outputs[0]);
        var head = ties.Free(node.Int("num_heads"), "heads");
        var (size, valueSize) = (ties.Free(SizeOf(node, [.. shapes[q]]), "size"), ties.Free(SizeOf(node, [.. shapes[v]])));
        var heads = new HeadTies(shapes, ties);
        foreach (var one in Given([0, 1, 6], [1])) heads.Add(one, size, head);
        foreach (var one in Given([2, 7], [0, 2])) heads.Add(one, valueSize, head);
        ties.Sum(new(q, 2));
        if (node.HasInput(3))
        {
            var bias = new Axis(node.Inputs[3], 0);
            ties.AddProduct(bias, ties.Chain(ties.Times(head, size), ties.Times(head, size), ties.Times(head, valueSize)));
            ties.Sum(bias);
        }
        Axis? queries = node.Flag("unidirectional") || node.HasInput(4) ? null : new Axis(q, 1);
        if (node.HasInput(5)) heads.AddScores(node.Inputs[5], null, queries, head);
        if (queries is { } rows) ties.Add(rows, new(y, 1));
        heads.Note([head], size, valueSize);

        IEnumerable<string> Given(int[] inputs, int[] outputs) => inputs.Where(node.HasInput).Select(input => node.Inputs[input])
            .Concat(outputs.Where(output => output < node.Outputs.Length).Select(output => node.Outputs[output]));
    }

    public override void Mend(Node node, Mending mending)
    {
        if (!node.HasInput(1) || !node.HasInput(2) || mending.Before(node.Inputs[0]).Length != 3) return;
        mending.Want("num_heads", mending.Left("heads"));
        if (node.Float("scale") == 0 && SizeOf(node, mending.Before(node.Inputs[0])) is var size && mending.Left("size") != size) mending.Want("scale", (float)(1 / Math.Sqrt(size)));
    }

    private static long SizeOf(Node node, long[] shape) => shape.Length == 4 ? shape[3] : shape[2] / node.Int("num_heads");

    /// <summary>Each [batch, heads, length, size].</summary>
    private static (Tensor Q, Tensor K, Tensor V) Parts(Node node, Tensor q, Tensor? k, Tensor? v)
    {
        if (k is null && q.dim() == 5 && q.shape[3] == 3)
            return q.unbind(3) is var all ? (all[0].transpose(1, 2), all[1].transpose(1, 2), all[2].transpose(1, 2)) : default;
        var queries = DotProductAttention.Split(node, q, node.Int("num_heads"));
        if (v is null && k is not null && k.dim() == 5 && k.shape[3] == 2)
            return k.unbind(3) is var both ? (queries, both[0].transpose(1, 2), both[1].transpose(1, 2)) : default;
        if (k is null || v is null) throw node.Error("its keys or values are missing; export the model again");
        return (queries, Heads(k), Heads(v));

        Tensor Heads(Tensor x) => x.dim() == 4 ? x : DotProductAttention.Split(node, x, node.Int("num_heads"));
    }

    /// <summary>Its three pieces, each [heads, 1, size].</summary>
    private static Tensor[] Bias(Node node, Tensor bias, Tensor q, Tensor v)
    {
        long[] sizes = [q.shape[1] * q.shape[3], q.shape[1] * q.shape[3], v.shape[1] * v.shape[3]];
        return bias.dim() == 1 && bias.shape[0] == sizes.Sum() ? [.. bias.split(sizes, 0).Select(piece => piece.reshape(q.shape[1], 1, -1))]
            : throw node.Error($"its bias has shape [{string.Join(", ", bias.shape)}], {string.Join(" + ", sizes)} are needed; export the model again");
    }
}
