namespace Secateur.Cli.Tests;

/// <summary>What came of a request that was carried out in this process.</summary>
internal sealed record Request(int Status, string Output, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static async Task<Request> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var status = await Program.RunAsync(arguments, output, error, TestContext.Current.CancellationToken);
        return new(status, output.ToString(), error.ToString());
    }

    /// <summary>Carries out what must be refused: status 2, nothing on standard output, one line on standard error.</summary>
    /// <returns>That line, without the program's name.</returns>
    public static async Task<string> RefusedAsync(params string[] arguments)
    {
        var request = await RunAsync(arguments);
        Assert.Equal((2, ""), (request.Status, request.Output));
        var line = Assert.Single(request.ErrorLines);
        Assert.StartsWith("secateur: ", line);
        return line["secateur: ".Length..];
    }
}
