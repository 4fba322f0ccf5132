using Secateur.Data;
using Secateur.Execution;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Training;

/// <summary>How well a network does on examples, run on LibTorch; decides during a run. What is reported is measured in ONNX Runtime.</summary>
internal static class Measurement
{
    /// <summary>The class that the network gives to each example (or position), in order.</summary>
    public static long[] Answers(Network network, Objective objective, Examples examples, int batch, CancellationToken cancel)
    {
        List<long> answers = [];
        Over(network, objective, examples, batch, cancel, (logits, _) => answers.AddRange(logits.argmax(1).data<long>()));
        return [.. answers];
    }

    /// <summary>The share of right answers and the mean loss.</summary>
    /// <param name="expected">Labels, or the dense model's answers where there are none.</param>
    public static (double Quality, double Loss) Of(
        Network network, Objective objective, Examples examples, IReadOnlyList<long> expected, int batch, CancellationToken cancel)
    {
        var (right, loss, seen) = (0L, 0.0, 0);
        Over(network, objective, examples, batch, cancel, (logits, _) =>
        {
            var wanted = tensor(Enumerable.Range(seen, (int)logits.shape[0]).Select(i => expected[i]).ToArray());
            right += logits.argmax(1).eq(wanted).sum().item<long>();
            loss += functional.cross_entropy(logits, wanted, reduction: Reduction.Sum).item<float>();
            seen += (int)logits.shape[0];
        });
        return ((double)right / Math.Max(1, seen), loss / Math.Max(1, seen));
    }

    private static void Over(Network network, Objective objective, Examples examples, int batch, CancellationToken cancel, Action<Tensor, long> see)
    {
        var binding = Binding.Of(network.Graph, examples);
        var size = binding.FixedBatch ?? batch;
        using var quiet = QuietHeap.Enter();
        using var frozen = no_grad();
        for (var start = 0L; start < examples.Count; start += size)
        {
            cancel.ThrowIfCancellationRequested();
            QuietHeap.Breathe();
            using var scope = NewDisposeScope();
            // a fixed batch is filled up with the last example; its answers are cut off again
            var indices = new long[binding.FixedBatch is null ? Math.Min(size, examples.Count - start) : size];
            for (var i = 0; i < indices.Length; i++) indices[i] = Math.Min(start + i, examples.Count - 1);
            var logits = objective.Logits(network.Run(binding.Bind(examples.Read(indices)))[0]);
            var real = Math.Min(size, examples.Count - start) * (logits.shape[0] / indices.Length);
            see(logits.narrow(0, 0, real), start);
        }
    }
}
