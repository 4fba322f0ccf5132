using Secateur.Tasks;
using Secateur.Tests.Evaluation;
using Secateur.Tests.Tasks;
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
            var objective = Learning.Of(network, Examples(), 0.5, 3);
            using var teacher = Nets.Classifier(seed: 2, last: last);
            return objective.Loss(objective.Read(network, Inputs()), tensor(Labels), objective.Read(teacher, Inputs())).item<float>();
        }).ToArray();
        Assert.All(losses, loss => Assert.Equal(losses[0], loss, 1e-4));
    }

    [Fact]
    public void Student_that_answers_as_its_teacher_has_nothing_to_learn()
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Classifier();
        var objective = Learning.Of(network, Examples(), 1, 2);
        Reading taught;
        using (no_grad()) taught = objective.Read(network, Inputs());
        objective.Loss(objective.Read(network, Inputs()), null, taught).backward();
        Assert.All(network.Parameters.Values, parameter => Assert.True(parameter.grad!.abs().max().item<float>() < 1e-6));
    }

    [Theory]
    [InlineData(1.0), InlineData(2.0), InlineData(5.0)]
    public void Teaching_is_the_divergence_from_the_teacher_and_shares_mix(double temperature)
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Classifier();
        var (student, taught, labels) = (rand(5, 4).requires_grad_(), rand(5, 4), tensor(Labels));
        Tensor Loss(double share) => Learning.Of(network, Examples(), share, temperature)
            .Loss(Learning.Read(OutputKind.Classes, student), labels, Learning.Read(OutputKind.Classes, taught));
        Tensor Gradient(Tensor loss)
        {
            student.grad = null;
            loss.backward();
            return student.grad!.clone();
        }

        var (goal, answer) = ((taught / temperature).softmax(1), (student / temperature).softmax(1));
        var divergence = (goal * (goal.log() - answer.log())).sum(1).mean() * temperature * temperature;
        Assert.True(Gradient(divergence).allclose(Gradient(Loss(1)), 1e-4, 1e-6));
        Assert.True(Loss(0).allclose(-(student.log_softmax(1).gather(1, labels.unsqueeze(1))).mean(), 1e-5, 1e-6));
        Assert.True(Loss(0.3).allclose(0.3 * Loss(1) + 0.7 * Loss(0), 1e-5, 1e-6));
    }

    private static InMemory Examples() => new("x", zeros(5, 8), Labels);

    private static Dictionary<string, Tensor> Inputs()
    {
        using var generator = new Generator(5);
        return new() { ["x"] = rand([5, 8], generator: generator) };
    }
}
