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

    /// <summary>Trials are short until one does little harm or none; what is left of the steps are two cycles.</summary>
    [Theory]
    [InlineData(new double[] { 1, 0.9, 0.8, 0.7 }, new long[] { 0, 10, 65, Steps }, 1)]
    [InlineData(new double[] { 1, 1.04, 0.8, 0.7 }, new long[] { 0, 10, 65, Steps }, 1)]
    [InlineData(new double[] { 1, 9, 1.1, 1.04, 0.8, 0.7 }, new long[] { 0, 10, 20, 30, 75, Steps }, 1 / 16.0)]
    [InlineData(new double[] { 1, 1.04, 1.04, 0.9 }, new long[] { 0, 10, 65, Steps }, 1 / 4.0)]
    [InlineData(new double[] { 1, 9, 9, 9, 9, 9, 9, 9 }, new long[] { 0, 10, 20, 30, 40, 50, 60, 70 }, 1 / 16384.0)]
    public void Trials_find_the_rate_and_two_cycles_follow(double[] losses, long[] looks, double pace)
    {
        using var scope = NewDisposeScope();
        using var course = new Course(0.01);
        List<long> seen = [];
        var at = 0L;
        var best = course.Run(() =>
        {
            seen.Add(at);
            return losses[seen.Count - 1];
        }, step => at = step);
        Assert.Equal(looks, seen);
        Assert.Equal(pace, best.Pace, 1e-9);
        Assert.Equal(losses.Min(), best.Loss);
    }

    /// <summary>A student that is near its teacher.</summary>
    private sealed class Course : IDisposable
    {
        private readonly Network teacher = Nets.Classifier(last: "Softmax");
        private readonly InMemoryTargets examples = new("x", randn([64, 8], generator: new Generator(1)), null);
        private readonly Masks masks = new();
        private readonly Measurement measurement;
        private readonly Trainer trainer;

        public Course(double rate)
        {
            using (no_grad())
                foreach (var weight in Student.Weights) weight.Tensor.add_(0.2 * randn(weight.Tensor.shape, generator: new Generator(2)));
            var task = Assignment.Of(Student.Graph, examples, null, null);
            measurement = new(Student, teacher, task, examples, 16);
            trainer = new(Student, teacher, new Objective(task, 1, 1), examples, new() { Batch = 16, LearningRate = rate }, masks, 1);
        }

        public Network Student { get; } = Nets.Classifier(last: "Softmax");

        public double Loss() => measurement.Of(TestContext.Current.CancellationToken).Loss;

        public CarefulTraining.Best Run(Func<double> judge, Action<long>? report = null) =>
            CarefulTraining.Run(trainer, Student, Steps, judge, (step, _) => report?.Invoke(step), TestContext.Current.CancellationToken);

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
