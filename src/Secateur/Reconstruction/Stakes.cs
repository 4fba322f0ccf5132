using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Tasks;
using Secateur.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Reconstruction;

/// <summary>How much the answers feel of what each layer gives: the mean square of the loss's gradient by the layer's output, at each place and in each row.</summary>
/// <remarks>
/// The loss is against answers drawn by the network's own probabilities, so that the square is the Fisher information's diagonal; with the moments of what goes in it makes the two factors of
/// Martens &amp; Grosse, "Optimizing Neural Networks with Kronecker-factored Approximate Curvature", 2015, sec. 3 (arXiv:1503.05671). What lies in the padding of a picture, and a
/// classifier's row for a symbol that never comes, count for little, so that the weights that stay are spent where they matter.
/// </remarks>
internal sealed class Stakes : IDisposable
{
    private const double MostValues = 1 << 27; // of a pass with its gradients
    private const float Floor = 0.1f;          // so many times the mean counts each place besides: what is felt nowhere yet shall not run wild

    private readonly Dictionary<string, List<Tensor>> places = [];
    private readonly Dictionary<string, Tensor> rows = [];

    /// <param name="network">In its present state; it is not changed.</param>
    /// <param name="task">Says what the outputs mean.</param>
    /// <param name="batches">Inputs, by name.</param>
    /// <param name="seed">Of the draws.</param>
    /// <param name="report">Called with the fraction done.</param>
    /// <param name="cancel">Looked at before each pass.</param>
    public static Stakes Of(Network network, Assignment task, IReadOnlyList<Dictionary<string, Tensor>> batches, long seed, Action<double> report, CancellationToken cancel)
    {
        var stakes = new Stakes();
        var weights = network.Weights.Where(weight => Products.Of(weight) is not null).ToLookup(weight => weight.Node);
        using var generator = new Generator((ulong)seed);
        using var quiet = QuietHeap.Enter();
        foreach (var (place, batch) in batches.Index())
        {
            Dictionary<string, List<Tensor>> squares = [];
            using var scope = NewDisposeScope();
            foreach (var part in Parts(network, batch))
            {
                cancel.ThrowIfCancellationRequested();
                QuietHeap.Breathe();
                using var inner = NewDisposeScope();
                List<(Weight Weight, Tensor Output)> seen = [];
                var outputs = network.Run(part, default, (node, _, made) =>
                {
                    if (!weights.Contains(node) || made[0] is not { requires_grad: true } output) return;
                    output.retain_grad();
                    foreach (var weight in weights[node]) seen.Add((weight, output));
                });
                var examples = part.Values.First().shape[0];
                var loss = Objective.LossOfDrawn(Reading.Of(task.Forms, outputs, examples, examples, network.Model.Path), generator);
                if (!loss.requires_grad) return stakes;
                loss.backward();
                foreach (var (weight, output) in seen)
                {
                    if (output.grad is not { } gradient) continue;
                    var (at, row) = stakes.Square(weight, gradient.detach());
                    if (!squares.TryGetValue(weight.Name, out var own)) squares[weight.Name] = own = [];
                    own.Add(at.MoveToOuterDisposeScope());
                    stakes.AddRows(weight, row);
                }
            }
            foreach (var (name, parts) in squares)
            {
                if (!stakes.places.TryGetValue(name, out var own)) stakes.places[name] = own = [];
                if (own.Count == place) own.Add(cat(parts, 0).DetachFromDisposeScope());
            }
            report((place + 1.0) / batches.Count);
        }
        foreach (var parameter in network.Parameters.Values) parameter.grad = null;
        foreach (var (name, own) in stakes.places.ToArray()) stakes.Level(name, own, batches.Count);
        return stakes;
    }

    /// <summary>Of a layer, by batch, [examples, places…]: the mean over all is 1; null where nothing was felt.</summary>
    public IReadOnlyList<Tensor>? Places(Weight weight) => places.GetValueOrDefault(weight.Name);

    /// <summary>Of a layer, [outputs of all groups]: the mean over all is 1; null where nothing was felt.</summary>
    public Tensor? Rows(Weight weight) => rows.GetValueOrDefault(weight.Name);

    public void Dispose()
    {
        foreach (var tensor in places.Values.SelectMany(own => own).Concat(rows.Values)) tensor.Dispose();
    }

    /// <summary>The batch in parts whose values in between fit into memory; whole where the graph fixes its size.</summary>
    private static IEnumerable<Dictionary<string, Tensor>> Parts(Network network, Dictionary<string, Tensor> batch)
    {
        var examples = batch.Values.First().shape[0];
        if (examples == 1 || network.Graph.Inputs.Any(input => input.Shape is [{ }, ..]) || batch.Values.Any(tensor => tensor.dim() == 0 || tensor.shape[0] != examples)) return [batch];
        var values = 0L;
        using (var scope = NewDisposeScope())
        using (no_grad())
            network.Run(Part(0, 1), default, (_, _, outputs) => values += outputs.Sum(output => output?.numel() ?? 0));
        var size = (long)Math.Clamp(MostValues / Math.Max(1, values), 1, examples);
        return Enumerable.Range(0, (int)((examples + size - 1) / size)).Select(part => Part(part * size, Math.Min(size, examples - part * size)));

        Dictionary<string, Tensor> Part(long from, long count) => batch.ToDictionary(pair => pair.Key, pair => pair.Value.narrow(0, from, count));
    }

    /// <summary>The squared gradient summed over rows, [examples, places…], and over all else, [outputs of all groups].</summary>
    private (Tensor Places, Tensor Rows) Square(Weight weight, Tensor gradient)
    {
        var axis = weight.Node.OpType is "Gemm" or "MatMul" ? gradient.dim() - (weight.Node.Inputs.IndexOf(weight.Name) == 1 || gradient.dim() == 1 ? 1 : 2) : 1;
        var square = gradient.square();
        return (square.sum(axis), square.movedim([axis], [0]).reshape(square.shape[axis], -1).sum(1));
    }

    private void AddRows(Weight weight, Tensor row)
    {
        if (rows.TryGetValue(weight.Name, out var sum)) sum.add_(row);
        else rows[weight.Name] = row.clone().DetachFromDisposeScope();
    }

    private void Level(string name, List<Tensor> own, int batches)
    {
        using var scope = NewDisposeScope();
        var (mean, row) = (own.Sum(one => one.sum().item<float>()) / own.Sum(one => one.numel()), rows[name].mean().item<float>());
        if (own.Count == batches && mean > 0 && float.IsFinite(mean))
        {
            foreach (var one in own) one.div_(mean).add_(Floor).div_(1 + Floor);
            rows[name].div_(row);
            return;
        }
        foreach (var one in own) one.Dispose();
        rows[name].Dispose();
        places.Remove(name);
        rows.Remove(name);
    }
}
