using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Secateur.Reports.Sections;

internal sealed record Fact(string Name, string Value);

/// <summary>What the run cost, and what is needed to make it again.</summary>
internal sealed record RunFacts(ImmutableArray<Fact> Cost, string Recipe, string Lineage)
{
    public static RunFacts Of(PruneResult result)
    {
        var cost = result.Cost;
        return new(
            [
                new("in all", Numbers.Seconds(cost.Seconds)),
                new("of it training", Numbers.Seconds(cost.TrainingSeconds)),
                new("examples seen", Numbers.Count(cost.ExamplesSeen)),
                new("peak memory", Numbers.Megabytes(cost.PeakMb)),
                new("threads", cost.Threads.ToString(CultureInfo.InvariantCulture)),
            ],
            RecipeFile.ToYaml(result.Recipe),
            Lines(result));
    }

    private static string Lines(PruneResult result)
    {
        var lineage = result.Lineage;
        var width = Math.Max(8, lineage.Versions.Keys.Select(key => key.Length).DefaultIfEmpty(0).Max());
        List<(string Key, string Value)> lines =
        [
            ("command", lineage.Command), ("seed", lineage.Seed.ToString(CultureInfo.InvariantCulture)),
            ("started", lineage.Started), ("machine", lineage.Machine),
            ("model", lineage.Model), ("data", lineage.Data), ("recipe", lineage.Recipe),
            ("input", $"{result.Input.Sha256}  {result.Input.Path}"), ("output", $"{result.Output.Sha256}  {result.Output.Path}"),
            .. lineage.Versions.Select(version => (version.Key, version.Value)),
        ];
        return string.Join('\n', lines.Select(line => $"{line.Key.PadRight(width)}  {line.Value}"));
    }
}
