namespace Secateur.Schedules;

/// <summary>The same share of the remaining weights in every round: density falls as (1 − s)^t.</summary>
/// <remarks>Frankle &amp; Carbin, "The Lottery Ticket Hypothesis", ICLR 2019, sec. 1: p^(1/n) % of those left a round (arXiv:1803.03635).</remarks>
internal sealed class Exponential : Schedule
{
    public override string Summary => "the same share of the remaining weights in every round (Frankle & Carbin 2019)";

    protected override double At(double time, double to) => 1 - Math.Pow(1 - to, time);
}
