using System.CommandLine;
using Secateur.Evaluation;

namespace Secateur.Cli;

internal static class MetricsCommand
{
    public static Command Create() => WordList.Command("metrics", "List by what models are judged.",
        Metric.All.Select(pair => (pair.Key, pair.Value.Summary + (pair.Value.LowerIsBetter ? "; lower is better" : "") + (pair.Value.NeedsLabels ? "; needs labels" : ""))));
}
