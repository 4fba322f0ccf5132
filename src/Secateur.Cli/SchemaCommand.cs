using System.CommandLine;

namespace Secateur.Cli;

internal static class SchemaCommand
{
    public static Command Create()
    {
        var command = new Command("schema", "Print the JSON schema of recipes, which editors check YAML by.");
        command.SetAction(request => request.InvocationConfiguration.Output.Write(RecipeFile.Schema()));
        return command;
    }
}
