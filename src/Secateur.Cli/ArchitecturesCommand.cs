using System.CommandLine;
using Secateur.Architectures;

namespace Secateur.Cli;

internal static class ArchitecturesCommand
{
    public static Command Create() => WordList.Command("architectures", "List the networks that train makes.", Architecture.All.Select(pair => (pair.Key, pair.Value.Summary)));
}
