using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Training;

/// <summary>How well a network does on examples, run on LibTorch; decides during a run. What is reported is measured in ONNX Runtime.</summary>
internal sealed class Measurement : IDisposable
{
    private const long Kept = 256 << 20; // bytes of the teacher's answers; more are computed anew each time

    private readonly Network network;
    private readonly Network? teacher;
    private readonly Assignment task;
    private readonly Examples examples;
    private readonly Binding binding;
    private readonly Batches batches;
    private readonly Dictionary<long, Tensor[]> taught = []; // by a batch's first example
    private long bytes;

    /// <param name="network">To measure, in whatever state it then is.</param>
    /// <param name="teacher">The dense model; may be null where neither the metric nor the loss asks it.</param>
    /// <param name="task">Read of the network's graph.</param>
    /// <param name="examples">The held-out part.</param>
    /// <param name="batch">Examples at once.</param>
    public Measurement(Network network, Network? teacher, Assignment task, Examples examples, int batch)
    {
        (this.network, this.teacher, this.task, this.examples) = (network, teacher, task, examples);
        binding = Binding.Of(network.Graph, examples);
        batches = new(examples, binding, batch);
    }

    /// <summary>The metric's value and the mean loss: of the labels where they teach, otherwise the distance from the teacher.</summary>
    public (double Quality, double Loss) Of(CancellationToken cancel)
    {
        List<Tensor> rows = [];
        var loss = 0.0;
        using var quiet = QuietHeap.Enter();
        using var frozen = no_grad();
        using var outer = NewDisposeScope();
        foreach (var batch in batches.InOrder())
        {
            cancel.ThrowIfCancellationRequested();
            QuietHeap.Breathe();
            using var scope = NewDisposeScope();
            var read = examples.Read(batch.Indices);
            var inputs = binding.Bind(read);
            var own = Read(network.Run(inputs), batch);
            var first = task.Teaches && task.Metric.NeedsLabels ? own : Read(Taught(batch, inputs), batch);
            var target = task.HasLabels ? task.Target(examples, read, batch) : null;
            if (target is not null) task.Task.Check(own, target, network.Model.Path);
            rows.Add(task.Metric.Of(new(own, first, target)).MoveToOuterDisposeScope());
            loss += (task.Teaches ? task.Task.Loss(own, target!) : Distillation.Loss(own, first, 1)).item<float>() * batch.Real;
        }
        return rows.Count == 0 ? default : (task.Metric.Value(cat(rows, 0)), loss / examples.Count);
    }

    public void Dispose()
    {
        foreach (var tensor in taught.Values.SelectMany(outputs => outputs)) tensor.Dispose();
    }

    private Reading Read(Tensor[] outputs, Batch batch) => Reading.Of(task.Forms, outputs, batch.Indices.Length, batch.Real, network.Model.Path);

    private Tensor[] Taught(Batch batch, Dictionary<string, Tensor> inputs)
    {
        if (taught.TryGetValue(batch.Indices[0], out var known)) return known;
        var outputs = teacher!.Run(inputs);
        bytes += outputs.Sum(output => output.numel() * output.element_size());
        if (bytes > Kept) return outputs;
        foreach (var output in outputs) output.DetachFromDisposeScope();
        return taught[batch.Indices[0]] = outputs;
    }
}
