using Secateur.Reports;

namespace Secateur.Tests.Reports;

public sealed class NumbersTests
{
    [Theory]
    [InlineData(1, "1.00x")]
    [InlineData(9.949, "9.95x")]
    [InlineData(9.95, "10.0x")]
    [InlineData(99.94, "99.9x")]
    [InlineData(1234, "1,234x")]
    [InlineData(double.PositiveInfinity, "–")]
    public void Ratios_have_three_digits(double ratio, string written) => Assert.Equal(written, Numbers.Times(ratio));

    [Theory]
    [InlineData(-0.17, "−0.17")]
    [InlineData(0.2, "+0.20")]
    [InlineData(-0.001, "±0.00")]
    [InlineData(double.NaN, "–")]
    public void Changes_carry_a_sign_and_none_where_they_round_to_nothing(double change, string written) =>
        Assert.Equal(written, Numbers.Signed(change, 2));

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(1_000, "1.0 kB")]
    [InlineData(1_067_412, "1.07 MB")]
    [InlineData(2_500_000_000, "2.50 GB")]
    public void Bytes_are_in_decimal_units(long bytes, string written) => Assert.Equal(written, Numbers.Bytes(bytes));

    [Theory]
    [InlineData(59.94, "59.9 s")]
    [InlineData(60, "1 min 0 s")]
    [InlineData(3_725, "1 h 2 min")]
    public void Seconds_turn_into_minutes_and_hours(double seconds, string written) => Assert.Equal(written, Numbers.Seconds(seconds));

    [Fact]
    public void Fractions_are_points_and_other_metrics_stay_as_they_are()
    {
        Assert.Equal("−1.26 points", new Measure("accuracy").Change(0.9187, 0.9061));
        Assert.Equal("91.87 %", new Measure("agreement").Write(0.9187));
        Assert.Equal("0.9187", new Measure("r2").Write(0.9187));
        Assert.Equal("−0.0126", new Measure("r2").Change(0.9187, 0.9061));
    }
}
