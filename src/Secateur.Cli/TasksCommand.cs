using System.CommandLine;

namespace Secateur.Cli;

internal static class TasksCommand
{
    public static Command Create() => WordList.Command("tasks", "List what models are for: what they give, and what labels are.",
        Tasks.Task.All.Select(pair => (pair.Key, $"{pair.Value.Summary}{(pair.Value.Metrics.IsEmpty ? "" : $" ({string.Join(", ", pair.Value.Metrics)})")}")));
}
