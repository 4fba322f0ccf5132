using System.CommandLine;
using Secateur.Criteria;

namespace Secateur.Cli;

internal static class CriteriaCommand
{
    public static Command Create() => WordList.Command("criteria", "List what scores weights; the lowest go first.", Criterion.All.Select(pair => (pair.Key, pair.Value.Summary)));
}
