using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>A network without what its masks say has gone, trained in its place: a step costs only what is left of the work.</summary>
/// <remarks>What is zero under a mask adds nothing to an output and nothing to a gradient of what stays, so both learn the same, but for rounding and for what dropout draws.</remarks>
internal sealed class SmallerNetwork : IDisposable
{
    private readonly List<(Tensor Small, Tensor Whole, Tensor[] Indices)> shared = [];

    /// <param name="whole">With zeros in place of what has gone.</param>
    /// <param name="remove">Makes the smaller model of the whole one.</param>
    /// <param name="kept">By the name of a constant that both have, which indices of each axis stay; null for an axis that is whole.</param>
    public SmallerNetwork(Network whole, Func<OnnxModel, OnnxModel> remove, Func<string, bool[]?[]> kept)
    {
        Network = new(whole.Stored(remove), takesOver: true);
        foreach (var (name, small) in Network.Constants)
        {
            if (!TorchTensors.IsLearnable(small.dtype) || !whole.Constants.TryGetValue(name, out var large)) continue;
            shared.Add((small, large, small.shape.SequenceEqual(large.shape) ? [] : Indices(kept(name), large)));
        }
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (small, large, indices) in shared) small.copy_(indices.Length == 0 ? large : large.index(Array.ConvertAll(indices, TensorIndex.Tensor))); // float16 lost its last bits on the way through the model
    }

    /// <summary>What is trained.</summary>
    public Network Network { get; }

    /// <summary>Puts what was learned back into the whole network.</summary>
    public void Return()
    {
        using var frozen = no_grad();
        foreach (var (small, large, indices) in shared)
        {
            if (indices.Length == 0) large.copy_(small);
            else large.index_put_(small, indices);
        }
    }

    public void Dispose()
    {
        foreach (var index in shared.SelectMany(one => one.Indices)) index.Dispose();
        Network.Dispose();
    }

    /// <summary>For each axis the indices that stay, shaped to be broadcast with those of the others.</summary>
    private static Tensor[] Indices(bool[]?[] kept, Tensor large)
    {
        using var scope = NewDisposeScope();
        return [.. kept.Select((stays, axis) =>
        {
            long[] left = stays is null ? [.. Enumerable.Range(0, (int)large.shape[axis])] : [.. stays.Index().Where(unit => unit.Item).Select(unit => (long)unit.Index)];
            var shape = new long[kept.Length];
            Array.Fill(shape, 1);
            shape[axis] = -1;
            return tensor(left).reshape(shape).MoveToOuterDisposeScope();
        })];
    }
}
