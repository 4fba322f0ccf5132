using System.Globalization;
using CsCheck;

namespace Secateur.Cli.Tests;

public sealed class FractionTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0.9", 0.9)]
    [InlineData(".5", 0.5)]
    [InlineData("90%", 0.9)]
    [InlineData("92%", 0.92)]
    [InlineData("99.5%", 0.995)]
    [InlineData("100%", 1)]
    [InlineData("1e-3", 0.001)]
    public void A_fraction_is_read(string text, double expected)
    {
        Assert.True(Fraction.TryParse(text, whole: false, out var value, out _));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("90", "is it a fraction or a percentage? write 0.9 or 90%")]
    [InlineData("1", "is it a fraction or a percentage? write 0.01 or 1%")]
    [InlineData("100", "is it a fraction or a percentage? write 1 or 100%")]
    [InlineData("-0.1", "write a fraction such as 0.9 or 90%")]
    [InlineData("101%", "write a fraction such as 0.9 or 90%")]
    [InlineData("1e300%", "write a fraction such as 0.9 or 90%")]
    [InlineData("NaN", "write a fraction such as 0.9 or 90%")]
    [InlineData("NaN%", "write a fraction such as 0.9 or 90%")]
    [InlineData("", "write a fraction such as 0.9 or 90%")]
    [InlineData("%", "write a fraction such as 0.9 or 90%")]
    [InlineData("much", "write a fraction such as 0.9 or 90%")]
    public void What_is_none_is_refused_with_what_to_write(string text, string expected)
    {
        Assert.False(Fraction.TryParse(text, whole: false, out _, out var mend));
        Assert.Equal(expected, mend);
    }

    [Fact]
    public void One_means_all_where_that_makes_sense()
    {
        Assert.True(Fraction.TryParse("1", whole: true, out var value, out _));
        Assert.Equal(1, value);
    }

    [Fact]
    public void Both_ways_of_writing_are_the_same_number() => Gen.Int[0, 9999].Sample(tenThousandths =>
    {
        var fraction = ((decimal)tenThousandths / 10_000).ToString(CultureInfo.InvariantCulture);
        var percent = ((decimal)tenThousandths / 100).ToString(CultureInfo.InvariantCulture) + "%";
        return Fraction.TryParse(fraction, false, out var one, out _) && Fraction.TryParse(percent, false, out var other, out _) && one == other;
    });
}
