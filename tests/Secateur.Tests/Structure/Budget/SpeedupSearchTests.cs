using Secateur.Structure.Budget;

namespace Secateur.Tests.Structure.Budget;

public sealed class SpeedupSearchTests
{
    private static SpeedFound<T> Search<T>(double target, Func<double, T> make, Func<T, double> measure, int tries = 8) where T : notnull =>
        SpeedupSearch.Run(target, make, measure, null, TestContext.Current.CancellationToken, tries);

    [Theory]
    [InlineData(0.7, 1)]
    [InlineData(1.4, 1)]
    [InlineData(1, 0.6)]
    [InlineData(0.8, 1.7)]
    [InlineData(1.3, 0.4)]
    public void A_wrong_prediction_is_corrected(double factor, double power)
    {
        var found = Search(2, predicted => predicted, candidate => factor * Math.Pow(candidate, power));
        Assert.True(found.Met);
        Assert.InRange(found.Measured, 1.94, 2.06);
        Assert.InRange(found.Tries.Length, 1, 6);
    }

    [Fact]
    public void A_latency_is_a_speed_too() // 1 / ms
    {
        var found = Search(1 / 4.0, speed => 1 / speed, milliseconds => 1 / (1.2 * milliseconds + 0.5));
        Assert.True(found.Met);
        Assert.InRange(4 * found.Measured, 0.97, 1.03);
    }

    [Fact]
    public void Noise_is_seen_by_measuring_again()
    {
        var met = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var found = Search(2, predicted => predicted, candidate => 0.75 * Math.Pow(candidate, 0.9) * Math.Exp(0.02 * (random.NextDouble() + random.NextDouble() - 1)));
            met += found.Met ? 1 : 0;
            Assert.InRange(0.75 * Math.Pow(found.Candidate, 0.9), 1.88, 2.12);
        }
        Assert.InRange(met, 45, 50);
    }

    [Fact]
    public void A_speed_that_is_met_is_measured_twice()
    {
        var measured = 0;
        Assert.True(Search(2, predicted => predicted, candidate => { measured++; return candidate; }).Met);
        Assert.Equal(2, measured);
    }

    [Fact]
    public void Of_candidates_with_a_gap_between_them_the_nearest_is_taken()
    {
        var measured = 0;
        var found = Search(2, predicted => predicted < 2.2 ? 1.7 : 2.4, candidate => { measured++; return candidate; }, tries: 20);
        Assert.False(found.Met);
        Assert.Equal(1.7, found.Candidate);
        Assert.Equal(2, measured);
    }

    [Fact]
    public void A_prediction_that_cannot_be_so_high_may_still_be_met()
    {
        // the table says that nothing is over 1.6; measured is twice the prediction
        double Make(double predicted) => predicted <= 1.6 ? predicted : throw new SecateurException("cannot be met");
        var found = Search(2, Make, candidate => 2 * candidate);
        Assert.True(found.Met, string.Join(", ", found.Tries));
        Assert.InRange(found.Candidate, 0.97, 1.03);
    }

    [Fact]
    public void The_fastest_that_can_be_made_is_given_where_the_target_is_beyond_it()
    {
        double Make(double predicted) => predicted <= 1.6 ? predicted : throw new SecateurException("cannot be met");
        var found = Search(3, Make, candidate => candidate);
        Assert.False(found.Met);
        Assert.InRange(found.Candidate, 1.4, 1.6);
    }

    [Fact]
    public void Where_nothing_can_be_made_it_is_said()
    {
        Assert.Equal("no units may go", Assert.Throws<SecateurException>(() => Search<double>(2, _ => throw new SecateurException("no units may go"), candidate => candidate)).Message);
    }

    [Fact]
    public void It_stops_when_it_is_told_to()
    {
        using var cancel = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => SpeedupSearch.Run(2, predicted => predicted, candidate => { cancel.Cancel(); return candidate / 2; }, null, cancel.Token));
    }
}
