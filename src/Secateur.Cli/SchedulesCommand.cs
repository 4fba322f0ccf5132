using System.CommandLine;
using Secateur.Schedules;

namespace Secateur.Cli;

internal static class SchedulesCommand
{
    public static Command Create() => WordList.Command("schedules", "List how the sparsity rises over the rounds.", Schedule.All.Select(pair => (pair.Key, pair.Value.Summary)));
}
