using System.Collections.Immutable;

namespace Secateur.Pruning;

/// <summary>How far a cycle is, beside weights, masks and optimizer.</summary>
/// <param name="Segments">Finished segments.</param>
/// <param name="Dense">Quality on the held-out part before anything was pruned.</param>
internal sealed record RoundState(
    int Segments, double Dense, ImmutableArray<RoundResult> Rounds, ScoreHistogram? Scores, double TrainingSeconds, long ExamplesSeen)
{
    /// <summary>Layers left out so far, in the order in which they went.</summary>
    public ImmutableArray<DroppedLayer> LayersDropped { get; init; } = [];
}
