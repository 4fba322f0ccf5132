using System.Collections.Immutable;
using Secateur.Allocations;
using Secateur.Execution;
using Secateur.Pruning;
using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Reconstruction;

/// <summary>Measures how far the network's answers move as one layer alone is pruned and fitted.</summary>
internal static class Probe
{
    /// <summary>Examples are run to the end for every layer and sparsity: so many are enough.</summary>
    public const int MostExamples = 192;

    private const int Smallest = 1000; // a layer of under a thousandth of all weights stays as it is: it costs as much to measure and has nothing to give
    private const int Judging = 4;     // every fourth batch judges
    private const int FewestJudging = 16;
    private const double MostWork = 2e13; // multiply-adds of what is run to the end: a quarter of an hour on two cores

    private static readonly ImmutableArray<double> Shares = [0.35, 0.55, 0.7, 0.82, 0.91, 0.96]; // of what may go

    /// <summary>How many examples judge, fewer of a large model.</summary>
    /// <param name="macs">Multiply-adds of one example.</param>
    /// <param name="layers">Measured, each to every sparsity, and run from its place on: through half of the network.</param>
    public static int Judges(long macs, int layers) =>
        (int)Math.Clamp(MostWork / (0.5 * Shares.Length * Math.Max(1, layers) * Math.Max(1.0, macs)), FewestJudging, MostExamples);

    /// <param name="network">In its present state; it is the same afterwards.</param>
    /// <param name="step">That scored the units.</param>
    /// <param name="scored">Of this round.</param>
    /// <param name="batches">Inputs: some that weights are fitted on, others on which answers are compared.</param>
    /// <param name="task">Says how answers are compared.</param>
    /// <param name="judges">Examples at most on which answers are compared.</param>
    /// <param name="fit">Whether what stays of a layer is fitted.</param>
    /// <param name="report">Called with the fraction done.</param>
    /// <param name="cancel">Looked at before each measurement.</param>
    /// <returns>By the weight's name; none of layers that lie in subgraphs.</returns>
    public static Dictionary<string, Curve> Run(Network network, MaskStep step, IReadOnlyList<(Choice Choice, Tensor Units)> scored,
        IReadOnlyList<Dictionary<string, Tensor>> batches, Assignment task, int judges, bool fit, Action<double> report, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var judging = First(judges, batches.Where((_, place) => place % Judging == 0)).ToArray();
        Dictionary<string, Tensor>[] fitting = batches.Count == 1 ? [.. batches] : [.. batches.Where((_, place) => place % Judging != 0)];
        var chosen = scored.Where(layer => layer.Choice.Own is null).ToLookup(layer => layer.Choice.Weight!.Node);
        Dictionary<string, Curve> curves = [];
        var answers = judging.Select(batch => Read(task, network.Run(batch), batch)).ToArray();
        var (smallest, done) = (step.Total / Smallest, 0);
        Lockstep.Run([network], [.. fitting, .. judging], station =>
        {
            foreach (var (choice, units) in chosen[station.Node])
            {
                report((double)done++ / scored.Count);
                if (choice.Weight!.Elements < smallest) curves[choice.Tensor] = new([(0, 0), (1e-6, 1e6)]);
                else curves[choice.Tensor] = Measure(choice, units, station);
            }
        }, cancel);
        return curves;

        Curve Measure(Choice choice, Tensor units, Station station)
        {
            var weight = choice.Weight!;
            var products = fit ? Refit.Fits(network, weight) : null;
            var moments = products is null ? null : Refit.Gather(products, station.Networks[0][..fitting.Length], null);
            var bias = products is null ? null : Intercept.Of(network, weight, products);
            var (before, biasBefore) = (weight.Tensor.detach().clone(), bias is null ? null : network.Parameters[bias].detach().clone());
            var gone = units.eq(0).sum().item<long>() / (double)units.numel();
            List<(double, double)> points = [(gone, 0)];
            foreach (var share in Shares)
            {
                using var inner = NewDisposeScope();
                cancel.ThrowIfCancellationRequested();
                var sparsity = double.Lerp(gone, choice.Most, share);
                var mask = step.Mask(choice, units, (long)(sparsity * units.numel()));
                if (moments is null) weight.Tensor.mul_(mask);
                else Refit.Fit(network, weight, before, biasBefore, products!, mask, moments, LeastSquares.Roughly);
                var loss = 0.0;
                for (var batch = 0; batch < judging.Length; batch++)
                {
                    using var one = NewDisposeScope();
                    var ahead = station.Passes[0][fitting.Length + batch].Fork();
                    loss += Distillation.Loss(Read(task, Finish(ahead, station.Node), judging[batch]), answers[batch], 1).item<float>() / judging.Length;
                }
                weight.Tensor.copy_(before);
                if (bias is not null) network.Parameters[bias].copy_(biasBefore!);
                points.Add((sparsity, Math.Max(loss, points[^1].Item2)));
            }
            return new([.. points]);
        }

        Tensor[] Finish(Pass pass, Onnx.Node from)
        {
            var place = network.Steps.TakeWhile(step => step.Node != from).Count();
            Lockstep.LayOut(pass, network.Steps, place);
            foreach (var next in network.Steps.Skip(place)) Lockstep.Advance(pass, next);
            return [.. pass.Outputs(network.Graph).Cast<Tensor>()];
        }
    }

    /// <summary>The first examples of batches; a batch stays whole where its arrays do not all count examples first.</summary>
    private static IEnumerable<Dictionary<string, Tensor>> First(int count, IEnumerable<Dictionary<string, Tensor>> batches)
    {
        foreach (var batch in batches.TakeWhile(_ => count > 0))
        {
            var size = batch.Values.First().shape.FirstOrDefault(1);
            yield return count < size && batch.Values.All(array => array.dim() > 0 && array.shape[0] == size) ? batch.ToDictionary(pair => pair.Key, pair => pair.Value.narrow(0, 0, count)) : batch;
            count -= (int)size;
        }
    }

    private static Reading Read(Assignment task, Tensor[] outputs, Dictionary<string, Tensor> batch)
    {
        var examples = batch.Values.First().shape[0];
        return Reading.Of(task.Forms, outputs, examples, examples, "");
    }
}
