using System.Collections.Immutable;

namespace Secateur.Architectures;

/// <summary>What an architecture is made for.</summary>
public sealed record ArchitectureOptions
{
    /// <summary>Of one example: [channels, height, width] or [height, width] of a picture, [columns] of a table, [length] of a text.</summary>
    public required ImmutableArray<long> InputShape { get; init; }

    /// <summary>At least 2.</summary>
    public required int Classes { get; init; }

    /// <summary>Multiplies every hidden width; above 0.</summary>
    public double Width { get; init; } = 1;

    /// <summary>Of a text: token numbers are in [0, Vocabulary).</summary>
    public int Vocabulary { get; init; }

    /// <summary>Of a table: subtracted from each column; empty for 0.</summary>
    public ImmutableArray<float> Mean { get; init; } = [];

    /// <summary>Of a table: each column is divided by it, so above 0; empty for 1.</summary>
    public ImmutableArray<float> Std { get; init; } = [];

    /// <summary>A hidden width, times <see cref="Width"/>, rounded, at least <paramref name="least"/>.</summary>
    internal long Scale(long width, long least = 1) => Math.Max(least, (long)Math.Round(width * Width, MidpointRounding.AwayFromZero));

    /// <summary>Channels of a convolution: at least 4.</summary>
    internal long Channels(long width) => Scale(width, least: 4);
}
