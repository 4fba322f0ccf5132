using System.Collections.Immutable;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>What the passes of a lockstep have where a node's turn comes.</summary>
/// <param name="Node">The node.</param>
/// <param name="Networks">By network and batch, the inputs of the node; null stands for what is no tensor.</param>
/// <param name="Passes">By network and batch; fork them to look ahead.</param>
internal sealed record Station(Node Node, Tensor?[][][] Networks, Pass[][] Passes);

/// <summary>Runs networks of one graph on several batches, node by node: each node on all of them before the next node on any. What is changed of a weight before its node's turn holds for all that follows.</summary>
internal static class Lockstep
{
    private const double MostBytes = 2L << 30; // of the values that live at once

    /// <summary>Runs all steps; nothing is learned.</summary>
    /// <param name="networks">Of one graph.</param>
    /// <param name="batches">The graph's inputs, by name; they stay the caller's.</param>
    /// <param name="before">Called before each node that reads one of the first network's weights.</param>
    /// <param name="cancel">Looked at before each node.</param>
    public static void Run(IReadOnlyList<Network> networks, IReadOnlyList<Dictionary<string, Tensor>> batches, Action<Station> before, CancellationToken cancel)
    {
        using var quiet = QuietHeap.Enter();
        using var frozen = no_grad();
        using var outer = NewDisposeScope();
        var weights = networks[0].Weights.Select(weight => weight.Node).ToHashSet();
        Pass[][] passes = [.. networks.Select(network => batches.Select(batch => network.Begin(batch.ToDictionary(pair => pair.Key, pair => pair.Value.alias()).GetValueOrDefault)).ToArray())];
        var steps = networks.Select(network => network.Steps).ToArray();
        for (var place = 0; place < steps[0].Length; place++)
        {
            cancel.ThrowIfCancellationRequested();
            QuietHeap.Breathe();
            if (weights.Contains(steps[0][place].Node))
            {
                using (NewDisposeScope())
                    before(new(steps[0][place].Node, [.. passes.Select((own, network) => own.Select(pass => Array.ConvertAll(pass.Given(steps[network][place]), value => value as Tensor)).ToArray())], passes));
                for (var network = 0; network < passes.Length; network++)
                    foreach (var pass in passes[network]) LayOut(pass, steps[network], place);
            }
            for (var network = 0; network < passes.Length; network++)
                foreach (var pass in passes[network]) Advance(pass, steps[network][place]);
        }
    }

    /// <summary>How many examples can be run so at once.</summary>
    /// <param name="network">Any of them.</param>
    /// <param name="networks">How many there are.</param>
    /// <param name="one">The inputs of one example.</param>
    public static int Fitting(Network network, int networks, Dictionary<string, Tensor> one)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var most = 1L;
        network.Run(one, default, (_, inputs, outputs) => most = Math.Max(most, inputs.Concat(outputs).Sum(value => value is null ? 0 : value.numel() * value.element_size())));
        return (int)Math.Max(1, MostBytes / (1.5 * networks * most)); // half as much again lives on beside the largest node
    }

    /// <summary>Runs again what lays out constants for a step, which may have been changed since.</summary>
    /// <param name="pass">Whose next step is that at <paramref name="place"/>.</param>
    /// <param name="steps">All of them.</param>
    /// <param name="place">Of the step.</param>
    public static void LayOut(Pass pass, ImmutableArray<Step> steps, int place)
    {
        var first = place;
        while (first > 0 && steps[first - 1].LaysOut) first--;
        foreach (var step in steps[first..place])
        {
            foreach (var old in pass.Made(step)) old.Dispose();
            Advance(pass, step);
        }
    }

    /// <summary>Runs one step; what it makes in between is gone after it.</summary>
    public static void Advance(Pass pass, Step step)
    {
        using var scope = NewDisposeScope();
        pass.Advance(step);
        foreach (var made in pass.Made(step)) made.MovedOut();
    }
}
