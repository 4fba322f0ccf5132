using System.Collections.Immutable;
using Secateur.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>Measures models on the same examples, in stock ONNX Runtime.</summary>
public static class Evaluator
{
    /// <summary>Reads each batch once and runs every model on it.</summary>
    /// <param name="models">Paths; the first is the one that the others are compared with.</param>
    /// <param name="examples">The part of the data to measure on.</param>
    /// <param name="settings">Batch, threads, metric, class names.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancel">Looked at before each batch.</param>
    /// <exception cref="SecateurException">A model cannot be run on the data, or a label is no class of a model; the message names it.</exception>
    public static EvaluationResult Run(
        IReadOnlyList<string> models, Examples examples, EvaluationSettings settings, IProgress<Progress>? progress, CancellationToken cancel)
    {
        var labels = examples.Labels;
        var name = settings.Metric ?? Metric.Default(labels is not null);
        if (!Metric.All.TryGetValue(name, out var metric))
            throw new SecateurException($"metric '{name}' is not known; choose one of {string.Join(", ", Metric.All.Keys.Order())}");
        if (metric.NeedsLabels && labels is null) throw new SecateurException($"metric '{name}' needs labels, the data has none; add labels or choose agreement");
        if (examples.Count == 0) throw new SecateurException("the data has no examples to evaluate on; choose other data");
        List<Contender> contenders = [];
        try
        {
            foreach (var model in models) contenders.Add(new Contender(model, examples, settings.Threads));
            var expected = Stream(contenders, examples, labels, settings.Batch, progress, cancel);
            return Summarize(contenders, expected, labels is not null, examples.Count, name, metric, settings.ClassNames);
        }
        finally
        {
            foreach (var contender in contenders) contender.Dispose();
        }
    }

    private static ImmutableArray<int> Stream(
        List<Contender> contenders, Examples examples, ImmutableArray<long>? labels, int batchSize, IProgress<Progress>? progress, CancellationToken cancel)
    {
        var expected = ImmutableArray.CreateBuilder<int>();
        for (var start = 0L; start < examples.Count; start += batchSize)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var count = (int)Math.Min(batchSize, examples.Count - start);
            var indices = new long[count];
            for (var i = 0; i < count; i++) indices[i] = start + i;
            var batch = examples.Read(indices);
            Tensor? first = null, right = null; // [answers, classes], [answers]
            foreach (var contender in contenders)
            {
                var answer = contender.Answer(batch, count);
                first ??= answer;
                right ??= labels is { } known ? Right(known, indices, answer, contender, examples) : answer.argmax(1);
                if (answer.shape[0] != first.shape[0] || answer.shape[1] != first.shape[1])
                    throw new SecateurException($"{contender.Path}: answers [{string.Join(", ", answer.shape)}] where {contenders[0].Path} answers "
                        + $"[{string.Join(", ", first.shape)}]; compare models of the same task");
                contender.Keep(answer, first, right, labels is not null);
            }
            if (contenders[0].AnswersEach == 1) foreach (var number in right!.data<long>()) expected.Add((int)number);
            progress?.Report(new("evaluating", (double)(start + count) / examples.Count, $"{start + count} of {examples.Count} examples"));
        }
        return expected.ToImmutable();
    }

    private static Tensor Right(ImmutableArray<long> labels, long[] indices, Tensor answer, Contender contender, Examples examples)
    {
        if (contender.AnswersEach > 1)
            throw new SecateurException($"{contender.Path}: gives {contender.AnswersEach} answers an example, the data has one label for each; leave out the labels");
        var right = Array.ConvertAll(indices, index => labels[(int)index]);
        for (var i = 0; i < right.Length; i++)
        {
            if (right[i] < 0 || right[i] >= answer.shape[1])
                throw new SecateurException($"label {right[i]} of {examples.Describe(indices[i])} is none of the {answer.shape[1]} classes of {contender.Path}; "
                    + $"labels are 0 to {answer.shape[1] - 1}");
        }
        return tensor(right);
    }

    private static EvaluationResult Summarize(
        List<Contender> contenders, ImmutableArray<int> expected, bool labels, long samples, string name, Metric metric, ImmutableArray<string> classNames)
    {
        var predictions = contenders.Select(contender => contender.Predictions).ToImmutableArray();
        var first = predictions[0].Classes;
        var results = contenders.Zip(predictions, (contender, own) =>
        {
            var values = own.Classes.Select((predicted, i) => metric.Of(new(predicted, labels ? expected[i] : null, first[i]))).ToArray();
            var slices = expected.Zip(values).GroupBy(pair => pair.First, pair => pair.Second).OrderBy(slice => slice.Key)
                .Select(slice => new QualitySlice(EvaluationResult.NameOf(classNames, slice.Key), slice.Count(), slice.Average()));
            var agreement = own.Classes.Zip(first).Count(pair => pair.First == pair.Second) / (double)first.Length;
            return new ModelQuality(contender.Path, name, values.Average(), samples, contender.Loss, agreement, [.. slices]);
        });
        return new() { Results = [.. results], Predictions = predictions, Expected = expected, ClassNames = classNames };
    }
}
