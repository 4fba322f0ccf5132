using Secateur.Data;
using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Training;

/// <summary>Batch normalization's running statistics, made anew as the plain mean over batches of training examples.</summary>
internal static class Recalibration
{
    public static void Run(Network network, Examples examples, int batches, int batch, long seed, CancellationToken cancel)
    {
        if (batches == 0 || !network.Graph.AllNodes.Any(node => node.OpType == "BatchNormalization")) return;
        var binding = Binding.Of(network.Graph, examples);
        var drawn = new Batches(examples, binding, batch);
        var random = Seeds.Random(seed, "recalibration");
        using var quiet = QuietHeap.Enter();
        using var frozen = no_grad();
        // twice through the data is enough: more draws only repeat it
        batches = (int)Math.Min(batches, (2 * drawn.Count + drawn.Size - 1) / drawn.Size);
        for (var number = 0; number < batches; number++)
        {
            cancel.ThrowIfCancellationRequested();
            QuietHeap.Breathe();
            using var scope = NewDisposeScope();
            // a momentum of 1/n makes the running value the mean of the n batches so far
            network.Run(binding.Bind(examples.Read(drawn.Draw(random))), new Mode(Training: true, Momentum: 1.0 / (number + 1)));
        }
    }
}
