using Secateur.Data;
using Secateur.Onnx;
using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>One model of an evaluation, with what it has answered so far.</summary>
internal sealed class Contender : IDisposable
{
    private readonly OrtModel model;
    private readonly Binding binding;
    private readonly List<Tensor> rows = [], agreements = [];
    private readonly int[] classes;
    private readonly float[] probabilities;
    private double loss;

    /// <param name="path">The .onnx file.</param>
    /// <param name="graph">What it holds.</param>
    /// <param name="task">On this graph; of the same name and metric as the others'.</param>
    /// <param name="examples">That it will be asked.</param>
    /// <param name="threads">Of ONNX Runtime.</param>
    public Contender(string path, Graph graph, Assignment task, Examples examples, int threads)
    {
        (Task, binding) = (task, Binding.Of(graph, examples));
        (classes, probabilities) = (new int[examples.Count], new float[examples.Count]);
        model = new OrtModel(path, threads);
    }

    public string Path => model.Path;

    public Assignment Task { get; }

    public long? FixedBatch => binding.FixedBatch;

    public double Loss => loss / Math.Max(1, classes.Length);

    /// <summary>In the examples' order; empty unless each of them has one class as its answer.</summary>
    public Predictions Predictions => HasClasses ? new([.. classes], [.. probabilities]) : new([], []);

    /// <summary>Whether each example has one class as its answer.</summary>
    public bool HasClasses { get; private set; } = true;

    /// <summary>The metric's rows of all examples, in the order of the batches. Belongs to the caller's dispose scope.</summary>
    public Tensor Rows => cat(rows, 0);

    public Tensor Agreements => cat(agreements, 0);

    /// <summary>What the model answers to a batch.</summary>
    public Reading Answer(Dictionary<string, Tensor> read, Batch batch)
    {
        var reading = Reading.Of(Task.Forms, model.Run(binding.Bind(read)), batch.Indices.Length, batch.Real, Path);
        foreach (var (form, tensor) in reading.All)
        {
            if (tensor.isnan().any().item<bool>())
                throw new SecateurException($"{Path}: its output '{form.Name}' holds NaN on this data; check the model's weights and the data's values");
        }
        return reading;
    }

    /// <summary>Keeps what the evaluation needs of a batch.</summary>
    /// <param name="own">Of this model.</param>
    /// <param name="first">Of the first model, which answers alike in form.</param>
    /// <param name="target">What should be answered; null without labels.</param>
    /// <param name="batch">Whose examples these are.</param>
    public void Keep(Reading own, Reading first, Tensor? target, Batch batch)
    {
        using var scope = NewDisposeScope();
        var judged = new Judged(own, first, target);
        rows.Add(Task.Metric.Of(judged).DetachFromDisposeScope());
        agreements.Add(Metric.All["agreement"].Of(judged).DetachFromDisposeScope());
        loss += (Task.Teaches ? Task.Task.Loss(own, target!) : Distillation.Loss(own, first, 1)).item<float>() * batch.Real;
        HasClasses &= own.All[0].Form.Kind == OutputKind.Classes && own.First.shape[1] == 1;
        if (!HasClasses) return;
        var scores = own.First.squeeze(1); // [examples, classes]
        var expected = target?.reshape(-1) ?? first.First.squeeze(1).argmax(1);
        var right = scores.softmax(1).gather(1, expected.unsqueeze(1)).squeeze(1);
        foreach (var (place, answer) in scores.argmax(1).data<long>().ToArray().Index()) classes[batch.Indices[place]] = (int)answer;
        foreach (var (place, share) in right.data<float>().ToArray().Index()) probabilities[batch.Indices[place]] = share;
    }

    public void Dispose()
    {
        foreach (var tensor in rows.Concat(agreements)) tensor.Dispose();
        model.Dispose();
    }
}
