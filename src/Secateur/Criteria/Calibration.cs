using Secateur.Data;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Reconstruction;
using Secateur.Tasks;
using Secateur.Training;
using TorchSharp;
using static TorchSharp.torch;

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
        var chosen = Draw(examples, count, seed);
        using var quiet = QuietHeap.Enter();
        using var outer = NewDisposeScope();
        var binding = Binding.Of(network.Graph, examples);
        var learns = needs.HasFlag(Needs.Gradients) || needs.HasFlag(Needs.ExampleGradients);
        var first = !needs.HasFlag(Needs.InputMoments) ? 0 : learns ? 0.5 : 1; // of the work
        if (first > 0) Saliencies.Collect(network, Sample(network, examples, 1, count, seed), statistics, done => report(first * done), cancel);
        if (needs.HasFlag(Needs.Activations)) Frequencies(network, examples, binding, new Batches(examples, binding, Batch, chosen), statistics, cancel);
        if (learns)
        {
            var batches = new Batches(examples, binding, needs.HasFlag(Needs.ExampleGradients) ? 1 : Batch, chosen, Trainer.MostElements(network, examples));
            Gradients(network, objective, examples, binding, batches, seed, statistics, done => report(first + (1 - first) * done), cancel);
        }
        return statistics;
    }

    /// <summary>The inputs of examples that are drawn by the seed, as many as networks in lockstep can hold. They belong to the caller's dispose scope.</summary>
    /// <param name="networks">How many run in lockstep.</param>
    /// <param name="count">At most.</param>
    public static List<Dictionary<string, Tensor>> Sample(Network network, Examples examples, int networks, int count, long seed)
    {
        var binding = Binding.Of(network.Graph, examples);
        using (var scope = NewDisposeScope())
            count = Math.Min(count, Lockstep.Fitting(network, networks, binding.Bind(examples.Read(new long[binding.FixedBatch ?? 1]))));
        return [.. new Batches(examples, binding, Batch, Draw(examples, count, seed)).InOrder().Select(batch => binding.Bind(examples.Read(batch.Indices)))];
    }

    /// <summary>Examples that are drawn by a seed for a purpose, at most so many.</summary>
    public static long[] Draw(Examples examples, int count, long seed, string purpose = "calibration")
    {
        var order = new long[examples.Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Seeds.Random(seed, purpose).Shuffle(order);
        return order[..(int)Math.Min(count, order.Length)];
    }

    private static void Gradients(Network network, Objective objective, Examples examples, Binding binding, Batches batches, long seed,
        Statistics statistics, Action<double> report, CancellationToken cancel)
    {
        var sums = network.Weights.ToDictionary(weight => weight.Name, weight => zeros_like(weight.Tensor.detach()));
        var squares = network.Weights.ToDictionary(weight => weight.Name, weight => zeros_like(weight.Tensor.detach()));
        using var generator = new Generator((ulong)Seeds.Derive(seed, "answers"));
        var (task, seen) = (objective.Task, 0L);
        foreach (var batch in batches.InOrder())
        {
            cancel.ThrowIfCancellationRequested();
            QuietHeap.Breathe();
            using var scope = NewDisposeScope();
            var read = examples.Read(batch.Indices);
            var reading = Reading.Of(task.Forms, network.Run(binding.Bind(read)), batch.Indices.Length, batch.Real, network.Model.Path);
            var target = task.Teaches ? task.Target(examples, read, batch) : null;
            if (target is not null) task.Task.Check(reading, target, network.Model.Path);
            foreach (var parameter in network.Parameters.Values) parameter.grad = null;
            (target is null ? Objective.LossOfDrawn(reading, generator) : task.Task.Loss(reading, target)).backward();
            using var frozen = no_grad();
            var share = (double)batch.Real / batches.Count;
            foreach (var weight in network.Weights)
            {
                if (weight.Tensor.grad is not { } gradient) continue;
                sums[weight.Name].add_(gradient, share);
                squares[weight.Name].addcmul_(gradient, gradient, share);
            }
            report((double)(seen += batch.Real) / batches.Count);
        }
        foreach (var parameter in network.Parameters.Values) parameter.grad = null;
        foreach (var weight in network.Weights)
            statistics.SetGradients(weight, weight.ToMatrix(sums[weight.Name]), weight.ToMatrix(squares[weight.Name]));
    }

    private static void Frequencies(Network network, Examples examples, Binding binding, Batches batches, Statistics statistics, CancellationToken cancel)
    {
        var weights = network.Weights.ToLookup(weight => weight.Node);
        Dictionary<string, Tensor> sums = [];
        foreach (var batch in batches.InOrder())
        {
            cancel.ThrowIfCancellationRequested();
            QuietHeap.Breathe();
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            network.Run(binding.Bind(examples.Read(batch.Indices)), default, (node, inputs, _) =>
            {
                foreach (var weight in weights[node])
                {
                    var active = ActiveInputs(node, weight, inputs).mul_((double)batch.Real / batches.Count);
                    if (sums.TryGetValue(weight.Name, out var sum)) sum.add_(active);
                    else sums[weight.Name] = active.MoveToOuterDisposeScope();
                }
            });
        }
        foreach (var weight in network.Weights)
            if (sums.TryGetValue(weight.Name, out var sum)) statistics.SetInputFrequency(weight, Spread(weight, sum));
    }

    /// <summary>The share of non-zero values of each input channel, [channels].</summary>
    private static Tensor ActiveInputs(Node node, Weight weight, IReadOnlyList<Tensor?> inputs)
    {
        var place = weight.Input;
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
