using Secateur.Data;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Pruning;
using Secateur.Tasks;
using Secateur.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Tasks;

[Collection(nameof(Evaluation.Alone))]
public sealed class TaskTests
{
    private const int Count = 64;

    public TaskTests() => Threads.Use(1);

    public static TheoryData<string, string> Labelled => new()
    {
        { "classification", "accuracy" }, { "multi-label", "f1" }, { "regression", "rmse" }, { "tagging", "accuracy" },
        { "language-modelling", "perplexity" }, { "segmentation", "miou" }, { "ctc", "cer" },
    };

    [Theory]
    [MemberData(nameof(Labelled))]
    public void Is_inferred_from_model_and_labels_and_learned_from_them(string task, string metric)
    {
        using var scope = NewDisposeScope();
        var (model, examples) = Case(task);
        using var network = model.Run();
        var chosen = Assignment.Of(network.Graph, examples, task == "language-modelling" ? task : null, null);
        Assert.Equal((task, metric), (chosen.Facts.Name, chosen.Facts.Metric));
        using var measurement = new Measurement(network, null, chosen, examples, 16);
        var before = measurement.Of(TestContext.Current.CancellationToken);
        using var masks = new Masks();
        var recipe = new TrainingRecipe { Batch = 16, LearningRate = 0.02, Epochs = 30 };
        using var trainer = new Trainer(network, null, new Objective(chosen, 0, 1), examples, recipe, masks, 1);
        trainer.Run(0, 30 * trainer.StepsPerEpoch, 30 * trainer.StepsPerEpoch, (_, _) => { }, TestContext.Current.CancellationToken);
        var after = measurement.Of(TestContext.Current.CancellationToken);
        Assert.True(after.Loss < 0.6 * before.Loss, $"{task}: loss {before.Loss} to {after.Loss}");
        Assert.True(chosen.Metric.Drop(before.Quality, after.Quality) < 0, $"{task}: {metric} {before.Quality} to {after.Quality}");
    }

    [Theory]
    [InlineData("flat", "self-distillation", "agreement", "y: classes")]
    [InlineData("values", "self-distillation", "cosine", "y: values")]
    [InlineData("maps", "self-distillation", "agreement", "y: classes")]
    [InlineData("map", "self-distillation", "agreement", "y: switches")]
    [InlineData("picture", "self-distillation", "cosine", "y: values")]
    public void Without_labels_the_dense_model_teaches_by_what_its_outputs_are(string which, string task, string metric, string output)
    {
        using var scope = NewDisposeScope();
        var model = which switch
        {
            "flat" => TaskNets.Flat(4),
            "values" => TaskNets.Flat(4, "Tanh"),
            "maps" => TaskNets.Maps(4),
            "map" => TaskNets.Maps(1, "Sigmoid"),
            _ => TaskNets.Maps(3),
        };
        using var examples = new InMemoryTargets("x", zeros(3, 6), null);
        var facts = Assignment.Of(model.Graph, examples, null, null).Facts;
        Assert.Equal((task, metric, output), (facts.Name, facts.Metric, facts.Outputs[0]));
    }

    [Fact]
    public void A_student_learns_any_outputs_from_its_teacher_and_integers_are_left_out()
    {
        using var scope = NewDisposeScope();
        // classes, switches, values and an argmax, all of one input
        OnnxModel Model() => TaskNets.Of(
            [
                Testing.SmallGraphs.Node("Gemm", ["x", "w1"], ["h"]), Testing.SmallGraphs.Node("Softmax", ["h"], ["y"], ("axis", 1L)),
                Testing.SmallGraphs.Node("Gemm", ["x", "w2"], ["g"]), Testing.SmallGraphs.Node("Sigmoid", ["g"], ["s"]),
                Testing.SmallGraphs.Node("Gemm", ["x", "w3"], ["k"]), Testing.SmallGraphs.Node("Tanh", ["k"], ["v"]),
                Testing.SmallGraphs.Node("ArgMax", ["h"], ["i"], ("axis", 1L)),
            ], [null, 6], [("w1", [6, 4]), ("w2", [6, 3]), ("w3", [6, 5])], [null, null], outputs: ["y", "s", "v", "i"]);
        using var teacher = Model().Run();
        using var student = Model().Run();
        foreach (var weight in student.Weights) using (no_grad()) weight.Tensor.add_(randn(weight.Tensor.shape) * 0.5);
        using var examples = new InMemoryTargets("x", randn(Count, 6), null);
        var chosen = Assignment.Of(student.Graph, examples, null, null);
        Assert.Equal(["y: classes", "s: switches", "v: values", "i: values"], chosen.Facts.Outputs); // told only when it is run: the file does not say its type
        using var measurement = new Measurement(student, teacher, chosen, examples, 16);
        var before = measurement.Of(TestContext.Current.CancellationToken);
        using var masks = new Masks();
        using var trainer = new Trainer(student, teacher, new Objective(chosen, 1, 2), examples, new() { Batch = 16, LearningRate = 0.05 }, masks, 1);
        trainer.Run(0, 100, 100, (_, _) => { }, TestContext.Current.CancellationToken);
        var after = measurement.Of(TestContext.Current.CancellationToken);
        Assert.True(after.Loss < 0.1 * before.Loss, $"loss {before.Loss} to {after.Loss}");
        Assert.True(after.Quality > before.Quality && after.Quality > 0.95, $"agreement {before.Quality} to {after.Quality}");
    }

    [Fact]
    public void What_is_asked_for_and_does_not_fit_is_told_with_the_way_out()
    {
        using var scope = NewDisposeScope();
        using var plain = new InMemoryTargets("x", zeros(3, 6), null);
        using var odd = new InMemoryTargets("x", zeros(3, 6), zeros([3, 2, 2, 2, 2]));
        var graph = TaskNets.Flat(4).Graph;
        string Refusal(Examples examples, string? task, string? metric) => Assert.Throws<SecateurException>(() => Assignment.Of(graph, examples, task, metric)).Message;
        Assert.StartsWith("task 'ocr' is not known; choose one of classification, ctc", Refusal(plain, "ocr", null));
        Assert.StartsWith("metric 'loss' is not known; choose one of accuracy", Refusal(plain, null, "loss"));
        Assert.Equal("metric 'miou' needs labels, the data has none; add labels or choose agreement", Refusal(plain, null, "miou"));
        Assert.StartsWith("labels [N, 2, 2, 2, 2] of type Float32 fit no task on the model's output y [", Refusal(odd, null, null));
        using var oneHot = new InMemoryTargets("x", zeros(3, 6), eye(4).narrow(0, 0, 3));
        Assert.EndsWith("take argmax over the labels' last axis", Assert.Throws<SecateurException>(() => Assignment.Of(TaskNets.Flat(4, "Softmax").Graph, oneHot, null, null)).Message);
        using var labelled = new InMemoryTargets("x", zeros(3, 6), tensor(new long[] { 0, 1, 2 }));
        Assert.Equal("metric 'cer' does not fit the task; choose one of accuracy, top-5-accuracy", Refusal(labelled, null, "cer"));
        Assert.StartsWith("metric 'accuracy' needs labels, which this task leaves unread", Refusal(labelled, "detection", "accuracy"));
    }

    [Fact]
    public void Time_may_come_before_the_examples()
    {
        using var scope = NewDisposeScope();
        var scores = rand(7, 3, 5); // [time, examples, classes]
        var read = new OutputForm("y", OutputKind.Classes, ScoreKind.Probabilities).Read(scores, 3, "m");
        Assert.True(read.exp().allclose(scores.transpose(0, 1)));
    }

    [Fact]
    public void An_output_without_an_answer_for_each_example_is_named()
    {
        using var scope = NewDisposeScope();
        Assert.StartsWith("m: output 'y' is [4, 5] for 3 examples, so it has no answer for each",
            Assert.Throws<SecateurException>(() => new OutputForm("y", OutputKind.Classes).Read(zeros(4, 5), 3, "m")).Message);
        Assert.Contains("not a score for each class", Assert.Throws<SecateurException>(() => new OutputForm("y", OutputKind.Classes).Read(zeros(3, 1), 3, "m")).Message);
    }

    [Fact]
    public void Each_task_has_a_line_for_the_help_and_metrics_that_there_are()
    {
        Assert.All(Secateur.Tasks.Task.All.Values, task =>
        {
            Assert.InRange(task.Summary.Split('\n').Single().Length, 10, 150);
            Assert.All(task.Metrics, metric => Assert.Contains(metric, Secateur.Evaluation.Metric.All.Keys));
        });
        Assert.All(Secateur.Tasks.Task.Asked, name => Assert.Contains(name, Secateur.Tasks.Task.All.Keys));
    }

    /// <summary>A network and examples whose labels follow from the inputs.</summary>
    private static (OnnxModel Model, Examples Examples) Case(string task)
    {
        manual_seed(7);
        var rows = randn(Count, 6);
        var sequences = randn(Count, 5, 6);
        var pictures = randn(Count, 3, 8, 8);
        return task switch
        {
            "classification" => (TaskNets.Flat(4), new InMemoryTargets("x", rows, rows.narrow(1, 0, 4).argmax(1))),
            "multi-label" => (TaskNets.Flat(4, "Sigmoid"), new InMemoryTargets("x", rows, rows.narrow(1, 0, 4).gt(0).to_type(ScalarType.Int64))),
            "regression" => (TaskNets.Flat(2), new InMemoryTargets("x", rows, rows.narrow(1, 0, 2) * 3)),
            "tagging" => (TaskNets.Sequence(4), new InMemoryTargets("x", sequences, sequences.narrow(2, 0, 4).argmax(2))),
            "language-modelling" => (TaskNets.Language(), new InMemoryTargets("input_ids", (arange(Count).unsqueeze(1) + arange(9)) % 8, null)),
            "segmentation" => (TaskNets.Maps(3 + 1), new InMemoryTargets("x", pictures, pictures.argmax(1))),
            // each symbol stands at one place, blanks between
            "ctc" => (TaskNets.Sequence(4, "Softmax"), Spelled()),
            _ => throw new ArgumentOutOfRangeException(nameof(task)),
        };
    }

    private static InMemoryTargets Spelled()
    {
        var random = new Random(5);
        var (inputs, labels) = (zeros(Count, 7, 6), full([Count, 3], -1, ScalarType.Int64));
        for (var example = 0; example < Count; example++)
        {
            var length = random.Next(1, 4);
            for (var at = 0; at < length; at++)
            {
                var symbol = random.Next(1, 4);
                inputs[example, (2 * at) + 1, symbol] = 1;
                labels[example, at] = symbol;
            }
        }
        return new("x", inputs, labels);
    }
}
