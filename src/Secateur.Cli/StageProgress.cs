namespace Secateur.Cli;

/// <summary>One stage whose progress is a fraction.</summary>
internal static class StageProgress
{
    public static IProgress<double> Of(this IProgress<Progress> progress, string stage) => new Stage(progress, stage);

    private sealed class Stage(IProgress<Progress> progress, string name) : IProgress<double>
    {
        public void Report(double fraction) => progress.Report(new(name, fraction));
    }
}
