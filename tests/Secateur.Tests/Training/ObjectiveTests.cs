using Secateur.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Training;

public class ObjectiveTests
{
    private static readonly long[] Labels = [0, 1, 2, 3, 0];

    [Fact]
    public void Logits_log_probabilities_and_probabilities_have_the_same_loss()
    {
        using var scope = NewDisposeScope();
        var losses = new[] { "", "LogSoftmax", "Softmax" }.Select(last =>
        {
            using var network = Nets.Classifier(last: last);
            var objective = new Objective(network.Graph, 0.5, 3);
            var logits = objective.Logits(network.Run(Inputs())[0]);
            using var teacher = Nets.Classifier(seed: 2, last: last);
            var taught = objective.Logits(teacher.Run(Inputs())[0]);
            return objective.Loss(logits, tensor(Labels), taught.detach()).item<float>();
        }).ToArray();
        Assert.All(losses, loss => Assert.Equal(losses[0], loss, 1e-4));
    }

    [Fact]
    public void Student_that_answers_as_its_teacher_has_nothing_to_learn()
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Classifier();
        var objective = new Objective(network.Graph, 1, 2);
        var logits = objective.Logits(network.Run(Inputs())[0]);
        objective.Loss(logits, null, logits.detach()).backward();
        Assert.All(network.Parameters.Values, parameter => Assert.True(parameter.grad!.abs().max().item<float>() < 1e-6));
    }

    [Fact]
    public void Warmup_rises_to_the_rate_and_schedules_fall_from_it()
    {
        var recipe = new TrainingRecipe { LearningRate = 0.1, Warmup = 0.1, LearningRateSchedule = "cosine" };
        Assert.Equal(0.01, LearningRate.At(recipe, 0, 100), 1e-9);
        Assert.Equal(0.1, LearningRate.At(recipe, 9, 100), 1e-9);
        Assert.Equal(0.05, LearningRate.At(recipe, 55, 100), 1e-9);
        foreach (var schedule in LearningRate.All.Keys)
        {
            var rates = Enumerable.Range(10, 90).Select(step => LearningRate.At(recipe with { LearningRateSchedule = schedule }, step, 100)).ToArray();
            Assert.All(rates.Zip(rates.Skip(1)), pair => Assert.True(pair.First >= pair.Second && pair.Second > 0, schedule));
        }
        Assert.Equal([0.1, 0.01, 0.001], new[] { 20, 60, 90 }.Select(step => Math.Round(LearningRate.At(recipe with { LearningRateSchedule = "step" }, step, 100), 9)));
    }

    [Fact]
    public void Picture_is_moved_whole_and_filled_with_zeros()
    {
        using var scope = NewDisposeScope();
        var pictures = rand(50, 2, 6, 5) + 1;
        Assert.Equal(pictures.Values(), Augmentation.Apply(pictures, 0, false, new Random(1)).Values());
        var moved = Augmentation.Apply(pictures, 2, true, new Random(1));
        for (var i = 0; i < 50; i++)
        {
            var shown = from down in Enumerable.Range(-2, 5) from right in Enumerable.Range(-2, 5) from flip in new[] { false, true } select Shifted(pictures[i], down, right, flip);
            Assert.Contains(shown, picture => picture.equal(moved[i]).all().item<bool>());
        }
        Assert.NotEqual(pictures.Values(), moved.Values());
    }

    private static Tensor Shifted(Tensor picture, int down, int right, bool flip)
    {
        var shifted = zeros_like(picture);
        for (var row = Math.Max(0, down); row < Math.Min(6, 6 + down); row++)
            for (var column = Math.Max(0, right); column < Math.Min(5, 5 + right); column++)
                shifted[TensorIndex.Colon, TensorIndex.Single(row), TensorIndex.Single(flip ? 4 - column : column)] = picture[TensorIndex.Colon, TensorIndex.Single(row - down), TensorIndex.Single(column - right)];
        return shifted;
    }

    private static Dictionary<string, Tensor> Inputs()
    {
        using var generator = new Generator(5);
        return new() { ["x"] = rand([5, 8], generator: generator) };
    }
}
