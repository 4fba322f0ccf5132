namespace Secateur.Reports;

/// <summary>How a metric is written: fractions as per cent and points, everything else as it is.</summary>
internal sealed record Measure(string Metric)
{
    private bool IsFraction => Evaluation.Metric.All.GetValueOrDefault(Metric)?.IsShare ?? Metric.StartsWith("accuracy", StringComparison.Ordinal);

    /// <summary>The least span of an axis, so that noise does not look like a fall.</summary>
    public double LeastSpan => IsFraction ? 0.01 : 1e-9;

    public string Write(double value) => IsFraction ? Numbers.Percent(value, 2) : Numbers.Trimmed(value);

    /// <summary>On an axis, with as few digits as do.</summary>
    public string Tick(double value) => IsFraction ? $"{Numbers.Trimmed(Math.Round(value * 100, 6))} %" : Numbers.Trimmed(value);

    /// <summary>From before to after, with its sign: <c>−0.09 points</c>.</summary>
    public string Change(double before, double after) => IsFraction
        ? $"{Numbers.Signed((after - before) * 100, 2)} points"
        : after == before ? "±0" : (after > before ? "+" : "") + Numbers.Trimmed(after - before);

    /// <summary>The change without its unit, for a column headed by <see cref="Unit"/>.</summary>
    public string ShortChange(double before, double after) => IsFraction
        ? Numbers.Signed((after - before) * 100, 2)
        : Change(before, after);

    public string Unit => IsFraction ? "points" : Metric;
}
