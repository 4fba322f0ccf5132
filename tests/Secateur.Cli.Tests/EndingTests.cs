namespace Secateur.Cli.Tests;

public sealed class EndingTests
{
    [Fact]
    public async Task Each_way_to_end_has_its_status_and_one_line()
    {
        Assert.Equal((1, "secateur: too far\n"), await EndAsync(new GateException("too far")));
        Assert.Equal((2, "secateur: a.onnx: no such file; check the path\n"), await EndAsync(new SecateurException("a.onnx: no such file; check the path")));
        Assert.Equal(130, (await EndAsync(new OperationCanceledException())).Status);
        var (status, text) = await EndAsync(new InvalidOperationException("one\nand two"));
        Assert.Equal(3, status);
        Assert.StartsWith("secateur: failed (InvalidOperationException: one and two); ", text);
        Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Verbose_tells_where()
    {
        using var error = new StringWriter();
        await Ending.Of(new SecateurException("wrong"), error, verbose: true);
        Assert.Contains("SecateurException: wrong", error.ToString());
    }

    private static async Task<(int Status, string Text)> EndAsync(Exception cause)
    {
        using var error = new StringWriter { NewLine = "\n" };
        return (await Ending.Of(cause, error, verbose: false), error.ToString());
    }
}
