using Secateur.Onnx;
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
}
