namespace Secateur.Schedules;

/// <summary>The same share of the original weights in every round.</summary>
internal sealed class Linear : Schedule
{
    public override string Summary => "the same share of the original weights in every round";

    protected override double At(double time, double to) => to * time;
}
