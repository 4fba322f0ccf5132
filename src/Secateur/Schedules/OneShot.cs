namespace Secateur.Schedules;

/// <summary>All at once in the first round; later rounds only fine-tune.</summary>
internal sealed class OneShot : Schedule
{
    public override string Summary => "all at once in the first round";

    protected override double At(double time, double to) => to;
}
