using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>Other examples with other class numbers.</summary>
internal sealed class Relabelled(Examples examples, ImmutableArray<long> labels) : Examples
{
    public override long Count => examples.Count;

    public override ImmutableArray<Feature> Features => examples.Features;

    public override ImmutableArray<long>? Labels => labels;

    public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices) => examples.Read(indices);

    public override int Vocabulary => examples.Vocabulary;

    public override int Bucket(long index) => examples.Bucket(index);

    public override string Describe(long index) => examples.Describe(index);

    public override void Dispose() => examples.Dispose();
}
