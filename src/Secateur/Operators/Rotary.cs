using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>Turns pairs of a head's elements by the angle of their position: (a, b) to (a·cos − b·sin, a·sin + b·cos).</summary>
internal static class Rotary
{
    /// <param name="node">The node, for messages.</param>
    /// <param name="x">[batch, heads, length, size].</param>
    /// <param name="cos">[batch, length, turned / 2].</param>
    /// <param name="sin">[batch, length, turned / 2].</param>
    /// <param name="turned">Elements of each head that are turned, an even number; 0: all. The rest stays.</param>
    /// <param name="interleaved">Whether neighbours are pairs; otherwise an element of the first half goes with one of the second.</param>
    public static Tensor Turn(Node node, Tensor x, Tensor cos, Tensor sin, long turned, bool interleaved)
    {
        if (turned == 0) turned = x.dim() == 4 ? x.shape[3] : 0;
        long[] wanted = x.dim() == 4 ? [x.shape[0], x.shape[2], turned / 2] : [];
        if (x.dim() != 4 || turned % 2 != 0 || turned > x.shape[3] || !Fits(cos) || !Fits(sin))
            throw node.Error($"cannot turn {turned} elements of [{string.Join(", ", x.shape)}] by cos [{string.Join(", ", cos.shape)}] and sin "
                + $"[{string.Join(", ", sin.shape)}]; check the data's shape against the model's inputs");
        (cos, sin) = (cos.unsqueeze(1), sin.unsqueeze(1));
        var part = x.narrow(3, 0, turned);
        var pairs = interleaved ? part.reshape([.. part.shape[..3], turned / 2, 2]).unbind(4) : part.chunk(2, 3);
        var (a, b) = (pairs[0] * cos - pairs[1] * sin, pairs[0] * sin + pairs[1] * cos);
        var y = interleaved ? stack([a, b], 4).reshape(part.shape) : cat([a, b], 3);
        return turned == x.shape[3] ? y : cat([y, x.narrow(3, turned, x.shape[3] - turned)], 3);

        bool Fits(Tensor angles) => angles.shape.AsSpan().SequenceEqual(wanted);
    }

    /// <summary>The rows of a cache [positions, turned / 2] for positions [batch, length].</summary>
    public static Tensor Rows(Node node, Tensor cache, Tensor positions)
    {
        var (wanted, shape) = (positions.to(ScalarType.Int64), positions.shape);
        if (cache.dim() != 2 || shape.Length != 2 || wanted.numel() > 0 && (wanted.min().item<long>() < 0 || wanted.max().item<long>() >= cache.shape[0]))
            throw node.Error($"its positions of shape [{string.Join(", ", shape)}] are not rows of a cache of [{string.Join(", ", cache.shape)}]; check the data");
        return cache.index_select(0, wanted.reshape(-1)).reshape(shape[0], shape[1], -1);
    }

    /// <summary>The elements of a head: the pairs that are turned, and those that stay.</summary>
    /// <param name="half">The pairs.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="size">Of a head.</param>
    /// <param name="interleaved">Whether neighbours are pairs.</param>
    public static Factor Elements(Ties ties, Factor half, long count, long size, bool interleaved)
    {
        var pairs = interleaved ? ties.Times(half, 2L) : ties.Times(2L, half);
        return 2 * count == size ? pairs : ties.Chain(pairs, ties.Free(size - 2 * count));
    }

    /// <summary>Ties the axes of X, Y and the angles: a pair goes from all heads, with its angle.</summary>
    /// <param name="heads">Of X; any where they are an axis of their own.</param>
    public static void Tie(Node node, Shapes shapes, Ties ties, string cos, string sin, long heads)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        var (last, count) = (shapes[cos].Length - 1, shapes[cos][^1]);
        if (shapes[x].Length == 4) heads = shapes[x][1];
        var (head, half) = (ties.Free(heads, "heads"), ties.Free(count, "half"));
        var size = Elements(ties, half, count, shapes[x].Length == 4 ? shapes[x][3] : shapes[x][2] / heads, node.Flag("interleaved"));
        var both = new HeadTies(shapes, ties);
        foreach (var one in (string[])[x, y]) both.Add(one, size, head);
        foreach (var angles in (string[])[cos, sin]) ties.AddProduct(new(angles, last), half);
    }

    public static void Mend(Node node, Mending mending)
    {
        if (node.Int("num_heads") > 0) mending.Want("num_heads", mending.Left("heads"));
        if (node.Int("rotary_embedding_dim") > 0) mending.Want("rotary_embedding_dim", 2 * mending.Left("half"));
    }
}
