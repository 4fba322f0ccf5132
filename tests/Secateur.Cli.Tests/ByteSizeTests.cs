using CsCheck;

namespace Secateur.Cli.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("120000", 120_000)]
    [InlineData("120KB", 120_000)]
    [InlineData("120kb", 120_000)]
    [InlineData("1.5MB", 1_500_000)]
    [InlineData("1.5 MB", 1_500_000)]
    [InlineData("2MiB", 2 << 20)]
    [InlineData("7B", 7)]
    [InlineData("3GB", 3_000_000_000)]
    public void A_size_is_read(string text, long expected)
    {
        Assert.True(ByteSize.TryParse(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("MB")]
    [InlineData("1.5XB")]
    [InlineData("99999999999999999999")]
    public void What_is_none_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Fact]
    public void What_is_written_can_be_read_again() => Gen.Long[1, 999_999_999_999].Sample(bytes =>
        ByteSize.TryParse(ByteSize.Write(bytes), out var read) && Math.Abs(read - bytes) <= 0.01 * bytes);
}
