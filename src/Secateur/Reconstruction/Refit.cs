using Secateur.Data;
using Secateur.Execution;
using Secateur.Pruning;
using static TorchSharp.torch;

namespace Secateur.Reconstruction;

/// <summary>After weights were pruned, what stays of them is fitted layer by layer, in order, so that each layer gives what the dense network's gave, on what now reaches it.</summary>
internal static class Refit
{
    private const long MostColumns = 4096;     // whose moments are 128 MB
    private const long MostSamples = 1 << 16;  // of a layer
    private const long MostElements = 1 << 26; // of these samples

    /// <param name="network">Pruned by the masks; its weights and biases change.</param>
    /// <param name="dense">The same before these weights went.</param>
    /// <param name="masks">Stay as they are.</param>
    /// <param name="batches">Inputs of the calibration examples.</param>
    /// <param name="report">Called with the fraction done.</param>
    /// <param name="cancel">Looked at before each node.</param>
    public static void Run(Network network, Network dense, Masks masks, IReadOnlyList<Dictionary<string, Tensor>> batches, Action<double> report, CancellationToken cancel)
    {
        var weights = network.Weights.ToLookup(weight => weight.Node);
        var done = 0;
        Lockstep.Run([network, dense], batches, station =>
        {
            foreach (var weight in weights[station.Node])
            {
                report((double)done++ / network.Weights.Length);
                if (masks[weight.Name] is not { } mask || Fits(network, weight) is not { } products) continue;
                var bias = Intercept.Of(network, weight, products);
                var moments = Gather(products, station.Networks[0], station.Networks[1]);
                Fit(network, weight, dense.Parameters[weight.Name].detach(), bias is null ? null : dense.Parameters[bias].detach(), products, mask, moments);
            }
        }, cancel);
    }

    /// <summary>The layer as products of matrices; null where it is none, too large to be fitted, or one of several that share the weight.</summary>
    public static Products? Fits(Network network, Weight weight) =>
        network.Graph.Consumers[weight.Name] is [_] && weight.Between.All(node => network.Graph.Consumers[node.Outputs[0]] is [_]) && Products.Of(weight) is { } products && products.Columns <= MostColumns ? products : null;

    /// <summary>The moments of what goes into a layer.</summary>
    /// <param name="products">The layer.</param>
    /// <param name="seen">By batch, the node's inputs as they now are.</param>
    /// <param name="meant">As the dense layer has them; null where they are the same.</param>
    public static Moments Gather(Products products, Tensor?[][] seen, Tensor?[][]? meant)
    {
        var most = Math.Max(1, Math.Min(MostSamples, MostElements / (products.Groups * products.Columns)) / seen.Length);
        var moments = new Moments(products.Groups, products.Columns, meant is not null);
        for (var batch = 0; batch < seen.Length; batch++)
        {
            using var scope = NewDisposeScope();
            var draw = batch * 0.618 % 1;
            moments.Add(products.Inputs(seen[batch], most, draw), meant is null ? null : products.Inputs(meant[batch], most, draw));
        }
        return moments;
    }

    /// <summary>Sets a weight, and its bias, to what is best under a mask.</summary>
    /// <param name="was">The weight as the moments' meant inputs met it.</param>
    /// <param name="wasBias">Likewise its bias; null where it has none.</param>
    /// <param name="products">The layer.</param>
    /// <param name="mask">bool, in the weight's own shape.</param>
    /// <param name="moments">Of what goes in.</param>
    /// <param name="enough">See <see cref="LeastSquares"/>.</param>
    public static void Fit(Network network, Weight weight, Tensor was, Tensor? wasBias, Products products, Tensor mask, Moments moments, double enough = LeastSquares.Near)
    {
        using var scope = NewDisposeScope();
        var bias = Intercept.Of(network, weight, products);
        var old = products.ToGroups(weight.ToMatrix(was)).to(ScalarType.Float64); // [groups, rows, columns]
        var keep = products.ToGroups(weight.ToMatrix(mask));
        var (second, cross) = (moments.Second(bias is not null), moments.Cross(bias is not null));
        var fitted = stack([.. Enumerable.Range(0, (int)products.Groups).Select(group => LeastSquares.Fit(old[group], keep[group], second[group], cross[group], LeastSquares.Damping, enough))]);
        weight.Tensor.copy_(weight.FromMatrix(products.FromGroups(fitted.to(weight.Tensor.dtype))));
        if (bias is null) return;
        var (seen, meant) = moments.Means;
        var shift = old.matmul(meant.unsqueeze(2)) - fitted.matmul(seen.unsqueeze(2)); // [groups, rows, 1]
        network.Parameters[bias].copy_(wasBias! + shift.reshape(wasBias!.shape));
    }
}
