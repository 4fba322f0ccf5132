namespace Secateur;

/// <summary>What a run of the main job is told beside its recipe; none of it changes the pruned model.</summary>
public sealed record PruneOptions
{
    /// <summary>The command line or call, for the lineage.</summary>
    public string Command { get; init; } = "";

    /// <summary>Whether the folder of saved rounds stays when the run is done.</summary>
    public bool KeepRounds { get; init; }

    /// <summary>Where units are removed: a file for the twin, the whole model with zeros wherever a removed unit was read. Null writes none.</summary>
    public string? Masked { get; init; }

    /// <summary>Whether latency is measured; it takes some seconds a model.</summary>
    public bool Benchmark { get; init; } = true;
}
