using Secateur.Data;
using Secateur.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Evaluation;

public sealed class EvaluatorTests
{
    // the class is the larger of the two inputs
    private static readonly float[,] Larger = { { 1, 0 }, { 0, 1 } };
    private static readonly float[,] AlwaysFirst = { { 1, 1 }, { 0, 0 } };
    private static readonly float[,] Rows = { { 3, 1 }, { 1, 2 }, { 5, 4 }, { 0, 1 }, { 2, 1 } };
    private static readonly long[] Labels = [0, 1, 0, 1, 1]; // the last is not the larger

    [Fact]
    public void Counts_right_answers_by_class_and_in_total()
    {
        using var folder = new TemporaryFolder();
        using var examples = InMemory.Rows(Rows, Labels);
        var result = Evaluate([Models.Linear(Larger).In(folder, "a.onnx"), Models.Linear(AlwaysFirst).In(folder, "b.onnx")], examples);
        var (one, other) = (result.Results[0], result.Results[1]);
        Assert.Equal(("accuracy", 5L), (one.Metric, one.Samples));
        Assert.Equal(4 / 5.0, one.Value);
        Assert.Equal(2 / 5.0, other.Value);
        Assert.Equal(1, one.Agreement);
        Assert.Equal(3 / 5.0, other.Agreement);
        Assert.Equal([new("cat", 2, 1), new("dog", 3, 2 / 3.0)], one.Slices);
        Assert.Equal([new("cat", 2, 1), new("dog", 3, 0)], other.Slices);
        Assert.Equal(new Quality(4 / 5.0, 2 / 5.0), result.Compare());
    }

    [Fact]
    public void Loss_is_the_cross_entropy_whichever_scores_the_model_gives()
    {
        using var folder = new TemporaryFolder();
        using var examples = InMemory.Rows(Rows, Labels);
        var models = new[] { null, "Softmax", "LogSoftmax" }.Select(last => Models.Linear(Larger, last).In(folder, $"{last}.onnx")).ToArray();
        var results = Evaluate(models, examples).Results;
        using var scope = NewDisposeScope();
        var expected = nn.functional.cross_entropy(tensor(Rows), tensor(Labels)).item<float>();
        Assert.All(results, result => Assert.Equal(expected, result.Loss, 1e-6));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(1000)]
    public void The_batch_size_changes_nothing(int batch)
    {
        using var folder = new TemporaryFolder();
        using var examples = InMemory.Rows(Rows, Labels);
        var result = Evaluate([Models.Linear(Larger).In(folder, "a.onnx")], examples, batch);
        Assert.Equal(4 / 5.0, result.Results[0].Value);
        Assert.Equal([0, 1, 0, 1, 0], result.Predictions[0].Classes);
        Assert.Equal(Labels, result.Expected.Select(label => (long)label));
    }

    [Fact]
    public void Without_labels_the_first_model_is_right()
    {
        using var folder = new TemporaryFolder();
        using var examples = InMemory.Rows(Rows, null);
        var result = Evaluate([Models.Linear(Larger).In(folder, "a.onnx"), Models.Linear(AlwaysFirst).In(folder, "b.onnx")], examples);
        Assert.All(result.Results, model => Assert.Equal("agreement", model.Metric));
        Assert.Equal((1, 3 / 5.0), (result.Results[0].Value, result.Results[1].Value));
        Assert.Equal(0, result.Results[0].Loss, 1e-9);
        Assert.True(result.Results[1].Loss > 0.1);
        Assert.Equal([new("cat", 3, 1), new("dog", 2, 0)], result.Results[1].Slices);
    }

    [Fact]
    public void Progress_ends_at_one_and_cancelling_stops()
    {
        using var folder = new TemporaryFolder();
        using var examples = InMemory.Rows(Rows, Labels);
        var model = Models.Linear(Larger).In(folder, "a.onnx");
        List<Progress> seen = [];
        using var source = new CancellationTokenSource();
        Evaluator.Run([model], examples, new() { Batch = 2, Threads = 1 }, new Listener(seen.Add), source.Token);
        Assert.Equal([0.4, 0.8, 1], seen.Where(progress => !progress.IsNote).Select(progress => progress.Fraction));
        Assert.Equal("classification, since the data has a class for each example; judged by accuracy", Assert.Single(seen, progress => progress.IsNote).Detail);
        Assert.Throws<OperationCanceledException>(() =>
            Evaluator.Run([model], examples, new() { Batch = 2, Threads = 1 }, new Listener(_ => source.Cancel()), source.Token));
    }

    [Fact]
    public void A_label_out_of_range_is_named()
    {
        using var folder = new TemporaryFolder();
        using var examples = InMemory.Rows(Rows, 0, 1, 0, 2, 0);
        var path = Models.Linear(Larger).In(folder, "a.onnx");
        var e = Assert.Throws<SecateurException>(() => Evaluate([path], examples));
        Assert.Equal($"label 2 of #3 is none of the 2 classes of {path}; labels are 0 to 1", e.Message);
    }

    [Fact]
    public void Models_of_other_tasks_are_not_compared()
    {
        using var folder = new TemporaryFolder();
        using var examples = InMemory.Rows(Rows, Labels);
        var other = Models.Linear(new float[,] { { 1, 0 }, { 0, 1 }, { 1, 1 } }).In(folder, "three.onnx");
        var e = Assert.Throws<SecateurException>(() => Evaluate([Models.Linear(Larger).In(folder, "a.onnx"), other], examples));
        Assert.StartsWith($"{other}: answers [5, 3] where", e.Message);
    }

    [Fact]
    public void Answers_that_are_no_numbers_are_refused()
    {
        using var folder = new TemporaryFolder();
        using var examples = InMemory.Rows(new float[,] { { float.NaN, 0 } }, 0);
        var path = Models.Linear(Larger).In(folder, "a.onnx");
        Assert.StartsWith($"{path}: its output 'scores' holds NaN", Assert.Throws<SecateurException>(() => Evaluate([path], examples)).Message);
    }

    [Fact]
    public void A_metric_is_known_or_refused()
    {
        using var folder = new TemporaryFolder();
        using var examples = InMemory.Rows(Rows, null);
        var path = Models.Linear(Larger).In(folder, "a.onnx");
        string Refusal(string metric) => Assert.Throws<SecateurException>(() =>
            Evaluator.Run([path], examples, new() { Metric = metric }, null, TestContext.Current.CancellationToken)).Message;
        Assert.StartsWith("metric 'f2' is not known; choose one of accuracy, agreement, cer", Refusal("f2"));
        Assert.Equal("metric 'accuracy' needs labels, the data has none; add labels or choose agreement", Refusal("accuracy"));
    }

    private static EvaluationResult Evaluate(string[] models, Examples examples, int batch = 256) => Evaluator.Run(
        models, examples, new() { Batch = batch, Threads = 1, ClassNames = ["cat", "dog"] }, null, TestContext.Current.CancellationToken);

    private sealed class Listener(Action<Progress> listen) : IProgress<Progress>
    {
        public void Report(Progress value) => listen(value);
    }
}
