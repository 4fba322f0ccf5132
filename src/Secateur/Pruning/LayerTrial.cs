using Secateur.Criteria;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Structure;
using Secateur.Tasks;
using Secateur.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>Measures a network with a branch switched off, by its gate alone, so that nothing inside the branch is disturbed.</summary>
internal sealed class LayerTrial : IDisposable
{
    private readonly Network network;
    private readonly Measurement calibration;
    private readonly Measurement heldOut;

    /// <param name="network">That is pruned.</param>
    /// <param name="teacher">The dense model; may be null where neither loss nor metric asks it.</param>
    /// <param name="task">Read of the network's graph.</param>
    /// <param name="data">Its training part gives the examples to look at, drawn by the seed.</param>
    /// <param name="recipe">Says how many.</param>
    public LayerTrial(Network network, Network? teacher, Assignment task, DataSet data, Recipe recipe)
    {
        this.network = network;
        var chosen = Calibration.Draw(data.Train, recipe.CalibrationExamples, recipe.Seed, "layers");
        calibration = new(network, teacher, task, new Subset(data.Train, [.. chosen]), recipe.Training.Batch);
        heldOut = new(network, teacher, task, data.HeldOut, recipe.Training.Batch);
    }

    /// <summary>The task's mean loss on the calibration examples as the network is.</summary>
    public double Loss(CancellationToken cancel) => calibration.Of(cancel).Loss;

    /// <summary>The metric on the held-out part as the network is.</summary>
    public double Quality(CancellationToken cancel) => heldOut.Of(cancel).Quality;

    /// <summary>The loss while a branch is off; afterwards the network is as before.</summary>
    public double LossWithout(Branch branch, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var gate = branch.Gate.Select(name => (Open: network.Constants[name], Kept: network.Constants[name].detach().clone())).ToArray();
        try
        {
            foreach (var (open, _) in gate) open.zero_();
            return calibration.Of(cancel).Loss;
        }
        finally
        {
            foreach (var (open, kept) in gate) open.copy_(kept);
        }
    }

    public void Dispose()
    {
        calibration.Dispose();
        heldOut.Dispose();
    }
}
