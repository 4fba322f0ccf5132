namespace Secateur.Schedules;

/// <summary>Fast at first, slow towards the end: s·(1 − (1 − t)³).</summary>
/// <remarks>Zhu &amp; Gupta, "To prune, or not to prune", 2017, eq. 1 with initial sparsity 0 (arXiv:1710.01878).</remarks>
internal sealed class Cubic : Schedule
{
    public override string Summary => "fast at first, slow towards the end (Zhu & Gupta 2017)";

    protected override double At(double time, double to) => to * (1 - Math.Pow(1 - time, 3));
}
