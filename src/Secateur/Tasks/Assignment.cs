using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Tasks;

/// <summary>The task that a run took, and why.</summary>
/// <param name="Name">A key of <see cref="Tasks.Task.All"/>.</param>
/// <param name="Metric">A key of <see cref="Evaluation.Metric.All"/>.</param>
/// <param name="Why">For people.</param>
/// <param name="Outputs">How each output is read, such as <c>softmax_11.tmp_0: classes</c>.</param>
public sealed record TaskFacts(string Name, string Metric, string Why, ImmutableArray<string> Outputs);

/// <summary>A task on one model and its data: how outputs are read, where labels come from, what is measured.</summary>
internal sealed class Assignment
{
    private const int Looked = 64; // examples whose labels are looked at

    private Assignment(Graph graph, TaskFacts facts, ImmutableArray<OutputForm> forms, bool labels)
    {
        (Graph, Facts, Forms, HasLabels) = (graph, facts, forms, labels);
        (Task, Metric) = (Task.All[facts.Name], Metric.All[facts.Metric]);
    }

    public Graph Graph { get; }

    public TaskFacts Facts { get; }

    public Task Task { get; }

    public Metric Metric { get; }

    /// <summary>Of the graph's outputs, in its order.</summary>
    public ImmutableArray<OutputForm> Forms { get; }

    /// <summary>Whether there is something beside the dense model to judge by.</summary>
    public bool HasLabels { get; }

    /// <summary>Whether there is something beside the dense model to learn from.</summary>
    public bool Teaches => HasLabels && Task.Learns;

    /// <summary>Takes what is asked for, or what the outputs and the labels tell.</summary>
    /// <param name="graph">Of the model.</param>
    /// <param name="examples">Some of the data; null where there is none.</param>
    /// <param name="task">A key of <see cref="Task.All"/>; null infers it.</param>
    /// <param name="metric">A key of <see cref="Metric.All"/>; null takes the task's first.</param>
    /// <exception cref="SecateurException">No such task or metric, or the metric needs labels that are not there; the message lists what fits.</exception>
    public static Assignment Of(Graph graph, Examples? examples, string? task, string? metric)
    {
        if (task is not null && !Task.All.ContainsKey(task))
            throw new SecateurException($"task '{task}' is not known; choose one of {string.Join(", ", Task.All.Keys.Order())}");
        var (name, why) = task is not null ? (task, "as asked for") : Infer(graph, examples);
        var chosen = Task.All[name];
        var labels = !chosen.Metrics.IsEmpty && (chosen.LabelsItself || examples?.Target is not null);
        var forms = chosen.Forms(graph);
        if (forms.All(form => form.Kind == OutputKind.Ignored))
            throw new SecateurException($"none of the model's outputs ({string.Join(", ", graph.Outputs)}) is of floating point, so there is nothing to compare or to learn; export the scores as an output");
        var fitting = labels ? chosen.Metrics : Task.Without(forms);
        var judged = MetricOf(metric, fitting, labels, examples);
        return new(graph, new TaskFacts(name, judged, why, [.. forms.Select(form => $"{form.Name}: {form.Kind.ToString().ToLowerInvariant()}")]), forms, labels);
    }

    /// <summary>What should be answered to a batch: of its real examples, [examples, …].</summary>
    /// <param name="examples">That the batch is of.</param>
    /// <param name="read">Their features, filling and all.</param>
    public Tensor Target(Examples examples, IReadOnlyDictionary<string, Tensor> read, Batch batch)
    {
        var labels = examples.Target is null ? null : examples.ReadTarget(batch.Indices);
        return (Task.Target(read, labels) ?? throw new InvalidOperationException("The task has no labels.")).narrow(0, 0, batch.Real);
    }

    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Facts.Name}, since {(Facts.Why == "as asked for" ? "it was asked for" : Facts.Why)}; judged by {Facts.Metric}";

    private static (string Name, string Why) Infer(Graph graph, Examples? examples)
    {
        if (examples is null) return ("self-distillation", "no data was given");
        using var scope = NewDisposeScope();
        var labels = examples.Target is null || examples.Count == 0 ? null
            : examples.ReadTarget([.. Enumerable.Range(0, (int)Math.Min(Looked, examples.Count)).Select(index => (long)index)]);
        foreach (var name in Task.Asked)
            if (Task.All[name].Suits(graph, labels, examples) is { } why) return (name, why);
        if (labels is null) return ("self-distillation", "the data has no labels");
        if (labels.dim() == 2 && labels.shape[1] > 1 && labels.eq(0).logical_or(labels.eq(1)).all().item<bool>() && labels.sum(1).eq(1).all().item<bool>())
            throw new SecateurException($"labels are one of {labels.shape[1]} ones an example, the model's output {graph.Outputs[0]} is of one class; take argmax over the labels' last axis");
        throw new SecateurException($"labels [{string.Join(", ", labels.shape.Skip(1).Select(size => $"{size}").Prepend("N"))}] of type {labels.dtype} fit no task on the model's output {graph.Outputs[0]}; "
            + "name one (--task), or leave the labels out (--no-labels) to learn from the dense model");
    }

    private static string MetricOf(string? asked, ImmutableArray<string> fitting, bool labels, Examples? examples)
    {
        if (asked is null) return fitting[0];
        if (!Metric.All.TryGetValue(asked, out var metric))
            throw new SecateurException($"metric '{asked}' is not known; choose one of {string.Join(", ", Metric.All.Keys.Order())}");
        if (metric.NeedsLabels && !labels)
            throw new SecateurException($"metric '{asked}' needs labels, {(examples?.Target is null ? "the data has none; add labels" : "which this task leaves unread; take another task")} or choose {fitting[0]}");
        if (metric.NeedsLabels && !fitting.Contains(asked))
            throw new SecateurException($"metric '{asked}' does not fit the task; choose one of {string.Join(", ", fitting)}");
        return asked;
    }
}
