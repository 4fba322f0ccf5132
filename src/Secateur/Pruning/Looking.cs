using Secateur.Criteria;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>Runs a network on calibration examples for what its nodes compute.</summary>
internal static class Looking
{
    private const int Batch = 32;

    /// <param name="network">Of the dense model.</param>
    /// <param name="data">Examples are drawn from its training part.</param>
    /// <param name="recipe">Says how many, and the seed.</param>
    /// <param name="purpose">Of the draw.</param>
    /// <param name="begin">Told of the inputs of every batch.</param>
    /// <param name="observe">Told of every node.</param>
    /// <param name="report">Told of the share that is done.</param>
    /// <param name="cancel">Looked at before each batch.</param>
    public static void Run(Network network, DataSet data, Recipe recipe, string purpose, Action<IReadOnlyDictionary<string, Tensor>>? begin, Observer observe, Action<double> report, CancellationToken cancel)
    {
        var binding = Binding.Of(network.Graph, data.Train);
        var batches = new Batches(data.Train, binding, Batch, Calibration.Draw(data.Train, recipe.CalibrationExamples, recipe.Seed, purpose));
        var seen = 0L;
        using var quiet = QuietHeap.Enter();
        using var frozen = no_grad();
        foreach (var batch in batches.InOrder())
        {
            cancel.ThrowIfCancellationRequested();
            QuietHeap.Breathe();
            using var scope = NewDisposeScope();
            var inputs = binding.Bind(data.Train.Read(batch.Indices));
            begin?.Invoke(inputs);
            network.Run(inputs, default, observe);
            report((double)(seen += batch.Real) / batches.Count);
        }
    }
}
