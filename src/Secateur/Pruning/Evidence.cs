using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Tasks;

namespace Secateur.Pruning;

/// <summary>Measures the dense and the pruned file side by side, in stock ONNX Runtime.</summary>
internal sealed class Evidence(string dense, string pruned, TaskFacts task, Recipe recipe, Action<string, double, string> report, CancellationToken cancel)
{
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(20); // for each model: one that takes seconds is told as well by ten runs

    /// <summary>On the test part, which decided nothing.</summary>
    public EvaluationResult Quality(DataSet data) => Evaluator.Run([dense, pruned], data.Test,
        new EvaluationSettings { Batch = recipe.Training.Batch, Threads = Threads, Task = task.Name, Metric = task.Metric, ClassNames = data.ClassNames }, Progress("measuring quality"), cancel);

    public ImmutableArray<LatencyResult> Latency(DataSet? data) => LatencyBenchmark.Run([dense, pruned],
        new BenchmarkSettings { Threads = Threads, Examples = data?.Test, Seed = recipe.Seed, Most = MostTime }, Progress("measuring latency"), cancel).Results;

    private static int Threads => TorchSharp.torch.get_num_threads();

    private IProgress<Progress> Progress(string stage) => new Relay(progress => report(stage, progress.Fraction, progress.Detail));

    /// <summary>Unlike <see cref="System.Progress{T}"/> calls at once, in order.</summary>
    private sealed class Relay(Action<Progress> to) : IProgress<Progress>
    {
        public void Report(Progress value) => to(value);
    }
}
