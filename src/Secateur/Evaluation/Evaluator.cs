using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>Measures models on the same examples, in stock ONNX Runtime.</summary>
public static class Evaluator
{
    /// <summary>Reads each batch once and runs every model on it.</summary>
    /// <param name="models">Paths; the first is the one that the others are compared with.</param>
    /// <param name="examples">The part of the data to measure on.</param>
    /// <param name="settings">Batch, threads, task, metric, class names.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancel">Looked at before each batch.</param>
    /// <exception cref="SecateurException">A model cannot be run on the data, or a label is no class of a model; the message names it.</exception>
    public static EvaluationResult Run(
        IReadOnlyList<string> models, Examples examples, EvaluationSettings settings, IProgress<Progress>? progress, CancellationToken cancel)
    {
        if (examples.Count == 0) throw new SecateurException("the data has no examples to evaluate on; choose other data");
        List<Contender> contenders = [];
        try
        {
            TaskFacts? task = null;
            foreach (var model in models)
            {
                var graph = OnnxModel.Load(model).Graph;
                // the first model decides, so that all are asked the same
                var own = Assignment.Of(graph, examples, task?.Name ?? settings.Task, task?.Metric ?? settings.Metric);
                if (task is null) progress?.Report(Progress.Note("task", $"{own}"));
                task ??= own.Facts;
                contenders.Add(new Contender(model, graph, own, examples, settings.Threads));
            }
            var order = Stream(contenders, examples, settings.Batch, progress, cancel);
            return Summarize(contenders, order, examples, task!, settings.ClassNames);
        }
        finally
        {
            foreach (var contender in contenders) contender.Dispose();
        }
    }

    /// <returns>The examples' numbers in the order in which they were run.</returns>
    private static List<long> Stream(List<Contender> contenders, Examples examples, int batchSize, IProgress<Progress>? progress, CancellationToken cancel)
    {
        List<long> order = [];
        var binding = Binding.Of(contenders[0].Task.Graph, examples);
        foreach (var batch in new Batches(examples, binding, batchSize).InOrder())
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var read = examples.Read(batch.Indices);
            Reading? first = null;
            Tensor? target = null;
            foreach (var contender in contenders)
            {
                var own = contender.Answer(read, batch);
                if (first is not null && Unlike(own, first) is { } fault)
                    throw new SecateurException($"{contender.Path}: answers {fault.Own} where {contenders[0].Path} answers {fault.First}; compare models of the same task");
                first ??= own;
                target ??= contender.Task.HasLabels ? contender.Task.Target(examples, read, batch) : null;
                if (target is not null)
                {
                    CheckClasses(examples, batch, own, contender);
                    contender.Task.Task.Check(own, target, contender.Path);
                }
                contender.Keep(own, first, target, batch);
            }
            order.AddRange(batch.Indices.AsSpan(0, batch.Real));
            progress?.Report(new("evaluating", (double)order.Count / examples.Count, $"{order.Count} of {examples.Count} examples"));
        }
        return order;
    }

    private static (string Own, string First)? Unlike(Reading own, Reading first)
    {
        static string Show(Tensor tensor) => $"[{string.Join(", ", tensor.dim() == 3 && tensor.shape[1] == 1 ? [tensor.shape[0], tensor.shape[2]] : tensor.shape)}]";
        if (own.All.Length != first.All.Length) return ($"with {own.All.Length} outputs", $"with {first.All.Length}");
        foreach (var ((_, one), (_, other)) in own.All.Zip(first.All))
            if (!one.shape.SequenceEqual(other.shape)) return (Show(one), Show(other));
        return null;
    }

    /// <summary>Names the example whose label is no class.</summary>
    private static void CheckClasses(Examples examples, Batch batch, Reading own, Contender contender)
    {
        if (examples.Labels is not { } labels || own.First.dim() != 3 || own.First.shape[1] != 1) return;
        var classes = own.First.shape[2];
        foreach (var index in batch.Indices)
        {
            if (labels[(int)index] is >= 0 and var label && label < classes) continue;
            throw new SecateurException($"label {labels[(int)index]} of {examples.Describe(index)} is none of the {classes} classes of {contender.Path}; labels are 0 to {classes - 1}");
        }
    }

    private static EvaluationResult Summarize(List<Contender> contenders, List<long> order, Examples examples, TaskFacts task, ImmutableArray<string> classNames)
    {
        using var scope = NewDisposeScope();
        var predictions = contenders.Select(contender => contender.Predictions).ToImmutableArray();
        ImmutableArray<int> expected = !contenders[0].HasClasses ? []
            : examples.Labels is { } labels && contenders[0].Task.HasLabels ? [.. labels.Select(label => (int)label)] : predictions[0].Classes;
        var places = order.Index().Where(_ => !expected.IsEmpty).GroupBy(pair => expected[(int)pair.Item], pair => (long)pair.Index).OrderBy(slice => slice.Key).ToArray();
        var results = contenders.Select(contender =>
        {
            var (metric, rows) = (contender.Task.Metric, contender.Rows);
            var slices = places.Select(slice => new QualitySlice(EvaluationResult.NameOf(classNames, slice.Key), slice.Count(), metric.Value(rows[tensor(slice.ToArray())])));
            return new ModelQuality(contender.Path, task.Metric, metric.Value(rows), examples.Count, contender.Loss, Metric.All["agreement"].Value(contender.Agreements), [.. slices]);
        });
        return new() { Task = task, Results = [.. results], Predictions = predictions, Expected = expected, ClassNames = classNames };
    }
}
