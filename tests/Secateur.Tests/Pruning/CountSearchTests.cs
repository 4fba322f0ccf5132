using Secateur.Pruning;

namespace Secateur.Tests.Pruning;

public sealed class CountSearchTests
{
    private const double Near = 0.97;

    /// <summary>Speeds by steps gone, from 1 with none.</summary>
    private static (int Count, double Speed, double Before, int Measured) Search(double target, double[] predicted, double[] real)
    {
        HashSet<int> measured = [];
        var (count, speed, before) = CountSearch.Run(target, some => some < predicted.Length ? predicted[some] : null, some =>
        {
            measured.Add(some);
            return real[some];
        }, (_, _) => { });
        return (count, speed, before, measured.Count);
    }

    [Fact]
    public void The_fewest_steps_that_reach_the_speed_are_found_whatever_was_predicted()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            double[] real = [1, .. Rising(random)];
            double[] predicted = [.. real.Select(speed => Math.Pow(speed, 0.3 + random.NextDouble()) * (0.7 + 0.6 * random.NextDouble()))];
            Array.Sort(predicted);
            var target = 1.05 + random.NextDouble() * (real[^1] - 1.05);
            var (count, speed, before, measured) = Search(target, predicted, real);
            Assert.True(speed >= Near * target && real[count] == speed, $"seed {seed}");
            Assert.True(before < Near * target && real[count - 1] == before, $"seed {seed}");
            Assert.True(measured <= real.Length - 1, $"seed {seed}");
        }

        static IEnumerable<double> Rising(Random random)
        {
            var speed = 1.0;
            for (var step = 0; step < 12; step++) yield return speed *= 1.02 + 0.2 * random.NextDouble();
        }
    }

    [Fact]
    public void A_right_prediction_is_measured_on_both_sides_of_the_target_alone() =>
        Assert.Equal((3, 2, 1.5, 2), Search(1.9, [1, 1.2, 1.5, 2, 3, 4, 5], [1, 1.2, 1.5, 2, 3, 4, 5]));

    [Fact]
    public void Nothing_goes_for_the_speed_that_there_is() => Assert.Equal((0, 1, 1, 0), Search(1.02, [1, 2], [1, 2]));

    [Fact]
    public void Where_all_steps_are_too_few_all_are_taken() => Assert.Equal((2, 1.4, 1.4, 1), Search(2, [1, 1.2, 1.5], [1, 1.2, 1.4]));
}
