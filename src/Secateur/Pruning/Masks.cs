using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>Which weights stay (true) and which are pruned (false), in each weight's own shape. Pruned stays pruned.</summary>
internal sealed class Masks : IDisposable
{
    private readonly SortedDictionary<string, Tensor> masks = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Tensor> units = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Tensor> orders = new(StringComparer.Ordinal);

    public IEnumerable<(string Name, Tensor Mask)> All => masks.Select(pair => (pair.Key, pair.Value));

    public Tensor? this[string weight] => masks.GetValueOrDefault(weight);

    /// <summary>In which order outputs lie side by side for what is removed together, by weight.</summary>
    public IEnumerable<(string Weight, Tensor Order)> AllOrders => orders.Select(pair => (pair.Key, pair.Value));

    /// <summary>The order of a weight's outputs, int64; null where none was chosen.</summary>
    public Tensor? Order(string weight) => orders.GetValueOrDefault(weight);

    /// <summary>Chooses the order of a weight's outputs, once for all: what was masked by one order is masked by it further.</summary>
    public void SetOrder(string weight, Tensor order) => orders.Add(weight, order.alias().DetachFromDisposeScope());

    /// <summary>Units that went whole, by group.</summary>
    public IEnumerable<(string Group, Tensor Units)> AllUnits => units.Select(pair => (pair.Key, pair.Value));

    /// <summary>Which units of a group stay, bool; null where all do.</summary>
    public Tensor? Units(string group) => units.GetValueOrDefault(group);

    /// <summary>The share of all elements of a network's weights that has gone.</summary>
    public double Sparsity(Network network)
    {
        using var scope = NewDisposeScope();
        var gone = network.Weights.Sum(weight => masks.TryGetValue(weight.Name, out var mask) ? mask.numel() - mask.sum().item<long>() : 0);
        return gone / (double)network.Weights.Sum(weight => weight.Elements);
    }

    /// <summary>Takes more weights away; those already pruned stay so.</summary>
    /// <param name="weight">Its name; of a bias or scale as well.</param>
    /// <param name="mask">bool, in the weight's own shape.</param>
    public void Narrow(string weight, Tensor mask) => Narrow(masks, weight, mask);

    /// <summary>Notes which units of a group stay; those that went before stay so. The weights that go with them are masked apart.</summary>
    /// <param name="group">A name of it.</param>
    /// <param name="stays">bool, [units].</param>
    public void NarrowUnits(string group, Tensor stays) => Narrow(units, group, stays);

    private static void Narrow(SortedDictionary<string, Tensor> all, string name, Tensor mask)
    {
        var narrowed = all.Remove(name, out var before) ? before.logical_and(mask) : mask.alias();
        before?.Dispose();
        all[name] = narrowed.DetachFromDisposeScope();
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
        foreach (var (name, mask) in masks) network.Parameters[name].mul_(mask).add_(0); // a negative weight times 0 is -0, and that plus 0 is 0
    }

    public void Dispose()
    {
        foreach (var mask in masks.Values.Concat(units.Values).Concat(orders.Values)) mask.Dispose();
    }
}
