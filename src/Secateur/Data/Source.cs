using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>What a reader found, before the held-out part is taken.</summary>
/// <param name="Train">All examples, or the training part where a test part is declared.</param>
/// <param name="Kind">For the description, such as <c>idx folder</c>.</param>
/// <param name="Files">All that was read, for the fingerprint.</param>
internal sealed record Source(Examples Train, string Kind, ImmutableArray<string> Files)
{
    /// <summary>The test part where the source declares one.</summary>
    public Examples? Test { get; init; }

    public ImmutableArray<string> ClassNames { get; init; } = [];

    /// <summary>Token numbers are below it; 0 for data that is no text.</summary>
    public int Vocabulary { get; init; }

    /// <summary>What was decided about the data that a person should know; ends the description.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>What a fingerprint names the files relative to.</summary>
    public string? Root { get; init; }

    /// <summary>Loss and metric that the data asks for.</summary>
    public string? Loss { get; init; }

    public string? Metric { get; init; }
}
