using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>Which weights stay (true) and which are pruned (false), in each weight's own shape. Pruned stays pruned.</summary>
internal sealed class Masks : IDisposable
{
    private readonly SortedDictionary<string, Tensor> masks = new(StringComparer.Ordinal);

    public IEnumerable<(string Name, Tensor Mask)> All => masks.Select(pair => (pair.Key, pair.Value));

    public Tensor? this[string weight] => masks.GetValueOrDefault(weight);

    /// <summary>Pruned weights in all.</summary>
    public long Zeros
    {
        get
        {
            using var scope = NewDisposeScope();
            return masks.Values.Sum(mask => mask.numel() - mask.sum().item<long>());
        }
    }

    /// <summary>Takes more weights away; those already pruned stay so.</summary>
    /// <param name="weight">The weight's name.</param>
    /// <param name="mask">bool, in the weight's own shape.</param>
    public void Narrow(string weight, Tensor mask)
    {
        var narrowed = masks.Remove(weight, out var before) ? before.logical_and(mask) : mask.alias();
        before?.Dispose();
        masks[weight] = narrowed.DetachFromDisposeScope();
    }

    /// <summary>Masks of the zeros that a network's weights have now.</summary>
    public static Masks OfZeros(Network network)
    {
        var masks = new Masks();
        using var scope = NewDisposeScope();
        foreach (var weight in network.Weights) masks.Narrow(weight.Name, weight.Tensor.detach().ne(0));
        return masks;
    }

    /// <summary>Sets every pruned weight to zero, bit for bit.</summary>
    public void Apply(Network network)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, mask) in masks) network.Parameters[name].mul_(mask);
    }

    public void Dispose()
    {
        foreach (var mask in masks.Values) mask.Dispose();
    }
}
