using Secateur.Criteria;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Structure;
using Secateur.Tasks;
using Secateur.Training;

namespace Secateur.Pruning;

/// <summary>Measures a network with a branch left out.</summary>
internal sealed class LayerTrial : IDisposable
{
    private readonly Branches branches;
    private readonly Measurement calibration;
    private readonly Measurement heldOut;
    private readonly Dictionary<string, double> seen = []; // losses of the network as it is, by what is off

    /// <param name="branches">Of the network that is pruned.</param>
    /// <param name="teacher">The dense model; may be null where neither loss nor metric asks it.</param>
    /// <param name="task">Read of the network's graph.</param>
    /// <param name="data">Its training part gives the examples to look at, drawn by the seed.</param>
    /// <param name="recipe">Says how many.</param>
    public LayerTrial(Branches branches, Network? teacher, Assignment task, DataSet data, Recipe recipe)
    {
        this.branches = branches;
        var chosen = Calibration.Draw(data.Train, recipe.CalibrationExamples, recipe.Seed, "layers");
        calibration = new(branches.Network, teacher, task, new Subset(data.Train, [.. chosen]), recipe.Training.Batch);
        heldOut = new(branches.Network, teacher, task, data.HeldOut, recipe.Training.Batch);
    }

    /// <summary>The task's mean loss on the calibration examples as the network is.</summary>
    /// <param name="off">Stands for the branches that are off.</param>
    /// <param name="cancel">Looked at before each batch.</param>
    public double Loss(string off, CancellationToken cancel) => seen.TryGetValue(off, out var loss) ? loss : seen[off] = calibration.Of(cancel).Loss;

    /// <summary>The metric on the held-out part as the network is.</summary>
    public double Quality(CancellationToken cancel) => heldOut.Of(cancel).Quality;

    /// <summary>To be told when anything else than branches that are off has changed.</summary>
    public void Forget() => seen.Clear();

    /// <summary>The loss while one more branch is off; afterwards the network is as before.</summary>
    /// <param name="branch">The one.</param>
    /// <param name="off">Stands for it and those that are off.</param>
    /// <param name="cancel">Looked at before each batch.</param>
    public double LossWithout(Branch branch, string off, CancellationToken cancel)
    {
        if (seen.TryGetValue(off, out var known)) return known;
        branches.Leave(branch);
        try
        {
            return seen[off] = calibration.Of(cancel).Loss;
        }
        finally
        {
            branches.TakeBack(branch);
        }
    }

    public void Dispose()
    {
        calibration.Dispose();
        heldOut.Dispose();
    }
}
