using System.CommandLine;
using Spectre.Console;

namespace Secateur.Cli;

internal static class ProviderCommand
{
    /// <summary>For commands that can run models with it.</summary>
    public static readonly Option<bool> Use = new("--provider") { Description = "with the sparse execution provider too" };

    public static Command Create()
    {
        var command = new Command("provider", "Print the path of the sparse execution provider's library, built where it is missing; ONNX Runtime 1.24 or later registers it.");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult request, CancellationToken cancel)
    {
        Output.Probe(request);
        var library = await ProviderLibrary.FindAsync(request.InvocationConfiguration.Error, cancel);
        Output.Write(request, library, console => console.WriteLine(library.Path));
    }
}
