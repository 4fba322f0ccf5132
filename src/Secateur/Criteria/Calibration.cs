using Secateur.Data;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Training;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Criteria;

/// <summary>Runs calibration examples through a network and gathers what a criterion needs.</summary>
internal static class Calibration
{
    private const int Batch = 32;

    /// <param name="network">In its present state; it is not changed.</param>
    /// <param name="objective">Says what the outputs mean.</param>
    /// <param name="examples">The training part; null is enough for criteria that need nothing.</param>
    /// <param name="needs">What to gather.</param>
    /// <param name="count">Examples to look at, drawn by the seed.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="report">Called with the fraction done.</param>
    /// <param name="cancel">Looked at before each batch.</param>
    /// <remarks>Without labels the gradient is that of the network's own answers, drawn by their probabilities: the true Fisher information's.</remarks>
    public static Statistics Collect(Network network, Objective objective, Examples? examples, Needs needs, int count, long seed,
        Action<double> report, CancellationToken cancel)
    {
        var statistics = new Statistics(seed);
        if (needs == Needs.Nothing) return statistics;
        if (examples is null) throw new SecateurException("criterion: needs examples to look at; give --data, or take --criterion magnitude");
        var order = new long[examples.Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Seeds.Random(seed, "calibration").Shuffle(order);
        var chosen = order[..(int)Math.Min(count, order.Length)];
        using var quiet = QuietHeap.Enter();
        using var outer = NewDisposeScope();
        var binding = Binding.Of(network.Graph, examples);
        if (needs.HasFlag(Needs.Activations)) Frequencies(network, examples, binding, Batches(chosen, binding, Batch), statistics, cancel);
        if (needs.HasFlag(Needs.Gradients) || needs.HasFlag(Needs.ExampleGradients))
        {
            var batches = Batches(chosen, binding, needs.HasFlag(Needs.ExampleGradients) ? 1 : Batch);
            Gradients(network, objective, examples, binding, batches, seed, statistics, report, cancel);
        }
        return statistics;
    }

    /// <summary>The examples in batches, the last as small as it comes out; a graph of fixed batch size gets it filled up from the first examples.</summary>
    private static long[][] Batches(long[] chosen, Binding binding, int size) => binding.FixedBatch is { } whole
        ? [.. chosen.Chunk((int)whole).Select((_, number) => Enumerable.Range(0, (int)whole).Select(i => chosen[(number * whole + i) % chosen.Length]).ToArray())]
        : [.. chosen.Chunk(size)];

    private static void Gradients(Network network, Objective objective, Examples examples, Binding binding, long[][] batches, long seed,
        Statistics statistics, Action<double> report, CancellationToken cancel)
    {
        var sums = network.Weights.ToDictionary(weight => weight.Name, weight => zeros_like(weight.Tensor.detach()));
        var squares = network.Weights.ToDictionary(weight => weight.Name, weight => zeros_like(weight.Tensor.detach()));
        using var generator = new Generator((ulong)Seeds.Derive(seed, "answers"));
        foreach (var (number, indices) in batches.Index())
        {
            cancel.ThrowIfCancellationRequested();
            QuietHeap.Breathe();
            using var scope = NewDisposeScope();
            var logits = objective.Logits(network.Run(binding.Bind(examples.Read(indices)))[0]);
            var labels = examples.Labels is { } known
                ? tensor(Array.ConvertAll(indices, index => known[(int)index]))
                : multinomial(functional.softmax(logits.detach(), 1), 1, replacement: true, generator).squeeze(1);
            foreach (var parameter in network.Parameters.Values) parameter.grad = null;
            functional.cross_entropy(logits, labels).backward();
            using var frozen = no_grad();
            var share = Share(indices, batches);
            foreach (var weight in network.Weights)
            {
                if (weight.Tensor.grad is not { } gradient) continue;
                sums[weight.Name].add_(gradient, share);
                squares[weight.Name].addcmul_(gradient, gradient, share);
            }
            if (number % 10 == 0) report((double)number / batches.Length);
        }
        foreach (var parameter in network.Parameters.Values) parameter.grad = null;
        foreach (var weight in network.Weights)
            statistics.SetGradients(weight, weight.ToMatrix(sums[weight.Name]), weight.ToMatrix(squares[weight.Name]));
    }

    private static void Frequencies(
        Network network, Examples examples, Binding binding, long[][] batches, Statistics statistics, CancellationToken cancel)
    {
        var weights = network.Weights.ToLookup(weight => weight.Node);
        Dictionary<string, Tensor> sums = [];
        foreach (var indices in batches)
        {
            cancel.ThrowIfCancellationRequested();
            QuietHeap.Breathe();
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            network.Run(binding.Bind(examples.Read(indices)), default, (node, inputs, _) =>
            {
                foreach (var weight in weights[node])
                {
                    var active = ActiveInputs(node, weight, inputs).mul_(Share(indices, batches));
                    if (sums.TryGetValue(weight.Name, out var sum)) sum.add_(active);
                    else sums[weight.Name] = active.MoveToOuterDisposeScope();
                }
            });
        }
        foreach (var weight in network.Weights)
            if (sums.TryGetValue(weight.Name, out var sum)) statistics.SetInputFrequency(weight, Spread(weight, sum));
    }

    private static double Share(long[] batch, long[][] batches) => (double)batch.Length / batches.Sum(one => one.Length);

    /// <summary>The share of non-zero values of each input channel, [channels].</summary>
    private static Tensor ActiveInputs(Node node, Weight weight, IReadOnlyList<Tensor?> inputs)
    {
        var place = node.Inputs.IndexOf(weight.Name);
        var other = inputs[place == 0 ? 1 : 0]!;
        var channels = node.OpType is "Conv" or "ConvTranspose" ? 1
            : place == 0 ? Math.Max(0, other.dim() - (node.Flag("transB") ? 1 : 2))
            : node.Flag("transA") ? 0 : other.dim() - 1;
        var rest = Enumerable.Range(0, (int)other.dim()).Where(axis => axis != channels).Select(axis => (long)axis).ToArray();
        var active = other.ne(0).to_type(ScalarType.Float32);
        return rest.Length == 0 ? active : active.mean(rest); // without axes LibTorch takes the mean over all
    }

    /// <summary>[channels] over all groups to [out, in·kernel].</summary>
    private static Tensor Spread(Weight weight, Tensor frequency)
    {
        var groups = Math.Max(1, frequency.numel() / Math.Max(1, weight.Inputs));
        return frequency.reshape(groups, 1, -1, 1).expand(groups, weight.Outputs / groups, weight.Inputs, weight.Kernel)
            .reshape(weight.Outputs, weight.Inputs * weight.Kernel).contiguous();
    }
}
