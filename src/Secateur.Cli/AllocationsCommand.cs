using System.CommandLine;
using Secateur.Allocations;

namespace Secateur.Cli;

internal static class AllocationsCommand
{
    public static Command Create() => WordList.Command("allocations", "List how a budget is spread over layers.", Allocation.All.Select(pair => (pair.Key, pair.Value.Summary)));
}
