using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>Some of other examples, which stay the owner of their memory: disposing a subset frees nothing.</summary>
/// <param name="examples">To look into.</param>
/// <param name="indices">Which of them, in the subset's order.</param>
public sealed class Subset(Examples examples, ImmutableArray<long> indices) : Examples
{
    public override long Count => indices.Length;

    public override ImmutableArray<Feature> Features => examples.Features;

    public override ImmutableArray<long>? Labels { get; } =
        examples.Labels is { } labels ? [.. indices.Select(index => labels[(int)index])] : null;

    public override Feature? Target => examples.Target;

    public override int Vocabulary => examples.Vocabulary;

    public override int Bucket(long index) => examples.Bucket(indices[(int)index]);

    /// <summary>By place in the subset the number in what it looks into.</summary>
    public ImmutableArray<long> Indices => indices;

    public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> places) => examples.Read(Wanted(places));

    public override Tensor ReadTarget(ReadOnlySpan<long> places) => examples.ReadTarget(Wanted(places));

    public override string Describe(long index) => examples.Describe(indices[(int)index]);

    private long[] Wanted(ReadOnlySpan<long> places)
    {
        var wanted = new long[places.Length];
        for (var i = 0; i < wanted.Length; i++) wanted[i] = indices[(int)places[i]];
        return wanted;
    }
}
