namespace Secateur.Pruning;

/// <summary>Progress of a measurement as a stage of the run.</summary>
internal sealed class Telling(Action<string, double, string> report) : IProgress<Progress>
{
    public void Report(Progress value) => report(value.Stage, value.Fraction, value.Detail);
}
