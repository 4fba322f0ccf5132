using Secateur.Execution;
using Secateur.Pruning;
using Secateur.Tasks;
using Secateur.Tests.Tasks;
using Secateur.Training;
using static TorchSharp.torch;

namespace Secateur.Tests.Training;

public sealed class CarefulTrainingTests
{
    private const int Steps = 120;

    [Theory]
    [InlineData(1e3), InlineData(0.3), InlineData(1e-3)]
    public void The_network_is_left_in_the_state_that_was_judged_best(double rate)
    {
        using var scope = NewDisposeScope();
        using var course = new Course(rate);
        List<double> judged = [];
        var best = course.Run(() =>
        {
            judged.Add(course.Loss());
            return judged[^1];
        });
        Assert.Equal(judged.Where(double.IsFinite).Min(), best.Loss);
        Assert.Equal(best.Loss, course.Loss(), 1e-9);
        Assert.True(best.Loss <= judged[0]);
        if (rate != 0.3) Assert.Equal(rate < 1, best.Pace == 1);
    }

    /// <summary>Whatever the judge says of it, what it does not want leaves no trace.</summary>
    [Fact]
    public void Where_nothing_is_better_every_parameter_is_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var course = new Course(0.01);
        var before = course.Student.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone());
        var count = 0;
        var best = course.Run(() => count++);
        Assert.Equal(0, best.Step);
        Assert.True(best.Pace < 1e-2);
        foreach (var (name, parameter) in course.Student.Parameters) Assert.True(parameter.eq(before[name]).all().item<bool>(), name);
    }

    /// <summary>A student that is near its teacher.</summary>
    private sealed class Course : IDisposable
    {
        private readonly Network teacher = Nets.Classifier(last: "Softmax");
        private readonly InMemoryTargets examples;
        private readonly Masks masks = new();
        private readonly Measurement measurement;
        private readonly Trainer trainer;

        public Course(double rate)
        {
            using var generator = new Generator(1);
            examples = new("x", randn([64, 8], generator: generator), null);
            using (no_grad())
                foreach (var weight in Student.Weights) weight.Tensor.add_(0.2 * randn(weight.Tensor.shape, generator: generator));
            var task = Assignment.Of(Student.Graph, examples, null, null);
            measurement = new(Student, teacher, task, examples, 16);
            trainer = new(Student, teacher, new Objective(task, 1, 1), examples, new() { Batch = 16, LearningRate = rate }, masks, 1);
        }

        public Network Student { get; } = Nets.Classifier(last: "Softmax");

        public double Loss() => measurement.Of(TestContext.Current.CancellationToken).Loss;

        public CarefulTraining.Best Run(Func<double> judge) =>
            CarefulTraining.Run(trainer, Student, Steps, judge, (_, _) => { }, TestContext.Current.CancellationToken);

        public void Dispose()
        {
            trainer.Dispose();
            measurement.Dispose();
            masks.Dispose();
            examples.Dispose();
            Student.Dispose();
            teacher.Dispose();
        }
    }
}
