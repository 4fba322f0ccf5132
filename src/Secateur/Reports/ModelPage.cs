using System.Collections.Immutable;
using Secateur.Reports.Charts;
using Secateur.Reports.Sections;

namespace Secateur.Reports;

/// <summary>A chart as the page shows it.</summary>
/// <param name="Svgs">Markup of our own making; names in it are encoded already.</param>
internal sealed record Figure(string Title, string Text, ImmutableArray<LegendEntry> Legend, ImmutableArray<string> Svgs);

/// <summary>One result as the template reads it: nothing but text, lists of text, and charts.</summary>
internal sealed record ModelPage(
    string Id,
    string Name,
    string Path,
    string Metric,
    Headline Headline,
    ImmutableArray<SizeRow> Sizes,
    Latency Latency,
    Classes? Classes,
    Layers Layers,
    Rounds Rounds,
    ImmutableArray<BaselineRow> Baselines,
    ImmutableArray<LossCard> Losses,
    DataParts? Data,
    RunFacts Run,
    ImmutableArray<string> Notes,
    IReadOnlyDictionary<string, Figure?> Charts)
{
    public static ModelPage Of(PruneResult result, int index)
    {
        var id = $"m{index + 1}";
        return new(id, NameOf(result), result.Output.Path, result.Metric,
            Headline.Of(result),
            Sections.Sizes.Of(result),
            Latency.Of(result),
            result.Quality is null ? null : Classes.Of(result),
            Layers.Of(result),
            Rounds.Of(result),
            Sections.Baselines.Of(result),
            Sections.Losses.Of(result),
            DataParts.Of(result),
            RunFacts.Of(result),
            result.Notes,
            Chart.All.ToDictionary(entry => entry.Key, entry => FigureOf(entry.Value, result, $"{id}-{entry.Key}")));
    }

    /// <summary>The input file's name without its ending: what people call the model.</summary>
    public static string NameOf(PruneResult result)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(result.Input.Path);
        return name.EndsWith(".dense", StringComparison.Ordinal) ? name[..^".dense".Length] : name;
    }

    /// <summary>Null where there is nothing to draw.</summary>
    private static Figure? FigureOf(Chart chart, PruneResult result, string id)
    {
        var text = chart.Describe(result);
        ImmutableArray<string> svgs = [.. chart.Draw(result).Select((drawing, part) => drawing.ToSvg($"{id}-{part + 1}", chart.Title, text))];
        return svgs.Length == 0 ? null : new(chart.Title, text, chart.Legend(result), svgs);
    }
}
