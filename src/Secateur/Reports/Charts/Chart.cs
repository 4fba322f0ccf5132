using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Secateur.Reports.Charts;

/// <summary>What a colour and a shape mean.</summary>
/// <param name="Shape"><c>dot</c>, <c>ring</c>, <c>bar</c>, <c>dash</c>.</param>
internal sealed record LegendEntry(Ink Ink, string Shape, string Text);

/// <summary>One picture of the report. What it shows is in a table or a sentence of the page as well.</summary>
internal abstract class Chart
{
    /// <summary>From the template's word to the chart.</summary>
    public static FrozenDictionary<string, Chart> All { get; } = new Dictionary<string, Chart>
    {
        ["classes"] = new ClassQuality(),
        ["latency"] = new LatencyBars(),
        ["layers"] = new LayerSparsity(),
        ["round_sparsity"] = new RoundSparsity(),
        ["round_quality"] = new RoundQuality(),
        ["frontier"] = new SearchFrontier(),
        ["dropped"] = new LayerCurve(),
        ["scores"] = new ScoreBars(),
        ["baselines"] = new BaselineDots(),
    }.ToFrozenDictionary();

    public abstract string Title { get; }

    /// <summary>What a reader who sees no picture should know.</summary>
    public abstract string Describe(PruneResult result);

    public virtual ImmutableArray<LegendEntry> Legend(PruneResult result) => [];

    /// <summary>None where the result has nothing to show; several where one would be too tall.</summary>
    public abstract IEnumerable<Drawing> Draw(PruneResult result);
}
