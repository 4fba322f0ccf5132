using System.Globalization;
using Secateur.Execution;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Training;

/// <summary>
/// A training that never ends worse than it began: other examples judge it now and again; where their loss has risen it goes back to the best state and on at a quarter of the rate, until that is too little to matter.
/// </summary>
/// <remarks>
/// What was fitted by least squares lies in a narrow valley, which a step of a usual size leaves; how small it must be differs from model to model by a hundred times, so it is found out.
/// Keeping the best state is early stopping (Prechelt, "Early Stopping - But When?", 1998); going back with smaller steps is the backtracking of line searches (Armijo 1966).
/// </remarks>
internal sealed class CarefulTraining : IDisposable
{
    private const int Fewest = 12, Most = 48; // looks in a training; they come seldomer as long as it goes well
    private const double Slower = 0.25, Slowest = 1e-4; // beyond it there is nothing to gain

    private readonly Network network;
    private readonly Dictionary<string, Tensor> kept;

    private CarefulTraining(Network network) => (this.network, kept) =
        (network, network.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone().DetachFromDisposeScope()));

    /// <summary>What came of a training.</summary>
    /// <param name="Step">After which the state that is kept was reached; 0 before any.</param>
    /// <param name="Loss">Of this state on the examples that judge.</param>
    /// <param name="Pace">The part of the learning rate that it ended with.</param>
    public readonly record struct Best(long Step, double Loss, double Pace)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"best after {Step} steps, held-out loss {Loss:0.0000}, {(Pace < 1 ? $"1/{1 / Pace:0}" : "all")} of the learning rate");
    }

    /// <param name="trainer">Of the network, fresh.</param>
    /// <param name="network">Left in its best state.</param>
    /// <param name="steps">In all.</param>
    /// <param name="judge">The loss of the network, as it is, on examples that it does not learn from.</param>
    /// <param name="report">Called with the step and the loss.</param>
    /// <param name="cancel">Looked at before each step.</param>
    public static Best Run(Trainer trainer, Network network, long steps, Func<double> judge, Action<long, double> report, CancellationToken cancel)
    {
        using var state = new CarefulTraining(network);
        var best = new Best(0, judge(), 1);
        var length = Math.Max(1, steps / Most);
        for (var from = 0L; from < steps && trainer.Pace >= Slowest;)
        {
            var to = Math.Min(steps, from + length);
            if (trainer.TryRun(from, to, steps, report, cancel) && judge() is var loss && (loss < best.Loss || double.IsNaN(best.Loss)))
            {
                best = best with { Step = to, Loss = loss };
                state.Keep();
                length = Math.Min(2 * length, Math.Max(1, steps / Fewest));
            }
            else
            {
                state.Return();
                trainer.Optimizer.Forget();
                trainer.Pace *= Slower;
                best = best with { Pace = trainer.Pace };
            }
            from = to;
        }
        return best;
    }

    public void Dispose()
    {
        foreach (var tensor in kept.Values) tensor.Dispose();
    }

    private void Keep()
    {
        using var frozen = no_grad();
        foreach (var (name, tensor) in kept) tensor.copy_(network.Parameters[name]);
    }

    private void Return()
    {
        using var frozen = no_grad();
        foreach (var (name, tensor) in kept) network.Parameters[name].copy_(tensor);
    }
}
