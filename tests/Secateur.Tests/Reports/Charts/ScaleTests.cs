using CsCheck;
using Secateur.Reports.Charts;

namespace Secateur.Tests.Reports.Charts;

public sealed class ScaleTests
{
    [Fact]
    public void Ticks_lie_within_and_are_few_and_evenly_spaced() =>
        Gen.Select(Gen.Double[-1e6, 1e6], Gen.Double[1e-3, 1e6], Gen.Int[4, 8]).Sample((from, span, about) =>
        {
            var scale = Scale.Exactly(from, from + span, value => $"{value}", about);
            Assert.InRange(scale.Ticks.Length, 2, 2 * about + 2);
            Assert.All(scale.Ticks, tick => Assert.InRange(tick, from - 1e-6 * span, from + span + 1e-6 * span));
            var steps = scale.Ticks.Zip(scale.Ticks.Skip(1), (a, b) => b - a).ToList();
            Assert.All(steps, step => Assert.Equal(steps[0], step, 1e-6 * Math.Abs(steps[0]) + 1e-9 * Math.Abs(from)));
        });

    [Fact]
    public void Around_values_leaves_air_on_both_sides() =>
        Gen.Double[-1e9, 1e9].Array[1, 20].Sample(values =>
        {
            var scale = Scale.Around(values, value => $"{value}");
            Assert.True(scale.From < values.Min() && values.Max() < scale.To);
        });

    [Fact]
    public void Around_equal_values_the_span_is_the_least()
    {
        var scale = Scale.Around([0.9, 0.9], value => $"{value}", least: 0.01);
        Assert.Equal(0.012, scale.To - scale.From, 1e-12);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_not_finite_does_not_count(double odd)
    {
        var scale = Scale.Around([1, odd, 2], value => $"{value}");
        Assert.Equal((0.9, 2.1), (scale.From, scale.To));
        Assert.Equal(2 * 1.08, Scale.FromZero([1, odd, 2], value => $"{value}").To);
        Assert.Equal(1, Scale.FromZero([odd], value => $"{value}").To);
    }
}
