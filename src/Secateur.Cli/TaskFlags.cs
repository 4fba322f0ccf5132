using System.CommandLine;

namespace Secateur.Cli;

/// <summary>What the model is for, and by what it is judged.</summary>
internal static class TaskFlags
{
    private static readonly Option<string?> Name = new("--task")
    {
        HelpName = "T",
        Description = "what the model is for, see secateur tasks; inferred from its outputs and the labels unless told",
    };

    private static readonly Option<string?> MetricName = new("--metric")
    {
        HelpName = "M",
        Description = "by what it is judged, see secateur metrics; the task's own unless told",
    };

    public static Command WithTask(this Command command)
    {
        command.Add(Name);
        command.Add(MetricName);
        return command;
    }

    public static (string? Task, string? Metric) Of(ParseResult request) => (request.GetValue(Name), request.GetValue(MetricName));
}
