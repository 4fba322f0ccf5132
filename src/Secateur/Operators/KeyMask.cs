using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>The forms in which ONNX Runtime's attention operators say which keys are seen.</summary>
internal static class KeyMask
{
    /// <param name="node">The node, for messages.</param>
    /// <param name="mask">Lengths [batch], ends and then starts [2·batch], or 1 where a key is seen, [batch, keys] or [batch, queries, keys]; null: all are.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="keys">Keys of each, past ones among them.</param>
    /// <param name="filter">What is added to scores of keys not seen.</param>
    /// <param name="type">The type of the scores.</param>
    /// <returns>0 or <paramref name="filter"/>, broadcast to [batch, heads, queries, keys]; null: all are seen.</returns>
    public static Tensor? Bias(Node node, Tensor? mask, long batch, long keys, double filter, ScalarType type)
    {
        if (mask is null) return null;
        var (places, shape) = (arange(keys), mask.shape);
        var seen = shape switch
        {
            [var one] when one == batch => places.lt(mask.reshape(-1, 1, 1, 1)),
            [var two] when two == 2 * batch => places.lt(mask.narrow(0, 0, batch).reshape(-1, 1, 1, 1))
                .logical_and(places.ge(mask.narrow(0, batch, batch).reshape(-1, 1, 1, 1))),
            [_, var all] when all == keys => mask.ne(0).unsqueeze(1).unsqueeze(1),
            [_, _, var all] when all == keys => mask.ne(0).unsqueeze(1),
            _ => throw node.Error($"its mask of shape [{string.Join(", ", shape)}] does not fit {batch} sequences of {keys} keys; check the data's shape"),
        };
        return zeros(1, type).masked_fill(seen.logical_not(), filter);
    }

    /// <summary>Both added; null where both are.</summary>
    public static Tensor? Sum(Tensor? one, Tensor? other) => one is null ? other : other is null ? one : one + other;
}
